import { setImmediate as breathe } from 'node:timers/promises';
import { BOLD, pdfOf, REGULAR } from './pdf';

const MARGIN = 50;
/** Space between columns. */
const GAP = 6;
const GREY = '#6b7280';
const INK = '#111827';
const RULE = '#e5e7eb';
const SHADE = '#f3f4f6';
/** Rows that are written before others may work. */
const AT_ONCE = 25;
const SHORT_SIDE = 595;
const LONG_SIDE = 842;

/** A column of a table; the one without a width takes what is left. Widths in points (1/72 inch). */
export interface PaperColumn {
  title: string;
  width?: number;
  align?: 'left' | 'right';
}

/** A row of a table; `strong` ones are sums. */
export type PaperRow = readonly string[] | { cells: readonly string[]; strong: true };

export interface PaperTable {
  /** Above the table. */
  heading?: string;
  columns: readonly PaperColumn[];
  rows: readonly PaperRow[];
}

/** A document on paper: what stands on its head, in its tables and beneath them. */
export interface Paper {
  title: string;
  /** What it is called by: at the foot of each page and in the file's own title. */
  number: string;
  /** Whose paper it is. */
  from: { name: string; color: string; lines: readonly (string | null | undefined)[]; footer?: string | null };
  facts: readonly (readonly [name: string, value: string | null | undefined])[];
  /** Who it is for: the first line stands out when `lead` is set. */
  to?: { label: string; lines: readonly (string | null | undefined)[]; lead?: boolean };
  tables: readonly PaperTable[];
  /** Beneath the tables, at the right. */
  sums?: readonly (readonly [name: string, value: string])[];
  total?: readonly [name: string, value: string];
  /** Beneath the total, at the right, a line each. */
  remarks?: readonly string[];
  /** At the end, over the whole width. */
  note?: string | null;
  landscape?: boolean;
}

/**
 * Writes a document on A4, as many pages as it needs: head, tables whose titles come again on each page, sums that stay
 * together, page numbers.
 * @returns the bytes of the PDF
 */
export function paperPdf(paper: Paper): Promise<Buffer> {
  const info = { Title: `${paper.title} ${paper.number}`, Author: paper.from.name };
  const layout = paper.landscape ? ('landscape' as const) : ('portrait' as const);
  return pdfOf({ info, bufferPages: true, layout }, (pdf) => new Writer(pdf, paper).write());
}

interface Placed {
  title: string;
  x: number;
  width: number;
  align: 'left' | 'right';
}

class Writer {
  private readonly width: number;
  private readonly right: number;
  private readonly bottom: number;
  private readonly height: number;
  /** Of text in tables. */
  private readonly size: number;
  private y = MARGIN;

  constructor(
    private readonly pdf: PDFKit.PDFDocument,
    private readonly paper: Paper,
  ) {
    [this.width, this.height] = paper.landscape ? [LONG_SIDE, SHORT_SIDE] : [SHORT_SIDE, LONG_SIDE];
    this.right = this.width - MARGIN;
    this.bottom = this.height - 80;
    this.size = paper.landscape ? 8 : 9;
  }

  async write(): Promise<void> {
    this.head();
    this.y = this.pdf.y + 18;
    for (const table of this.paper.tables) await this.table(table);
    this.sums();
    this.note();
    this.foot();
  }

  private head(): void {
    const { pdf, right } = this;
    const { from, title, facts, to } = this.paper;
    pdf.rect(0, 0, this.width, 6).fill(from.color);
    const facing = right - 220;
    pdf
      .fillColor(INK)
      .font(BOLD)
      .fontSize(16)
      .text(from.name, MARGIN, 50, { width: facing - MARGIN - 20 });
    pdf.font(REGULAR).fontSize(9).fillColor(GREY);
    for (const line of from.lines) if (line) pdf.text(line, { width: facing - MARGIN - 20 });
    const below = pdf.y;
    pdf.font(BOLD).fontSize(18).fillColor(INK).text(title, facing, 46, { width: 220, align: 'right' });
    let y = Math.max(76, pdf.y + 6);
    for (const [name, value] of facts) {
      if (!value) continue;
      pdf.font(REGULAR).fontSize(9).fillColor(GREY).text(name, facing, y, { width: 90 });
      pdf.fillColor(INK).text(value, facing + 90, y, { width: 130, align: 'right' });
      y = Math.max(pdf.y, y + 13);
    }
    pdf.x = MARGIN;
    pdf.y = Math.max(below, y);
    if (!to) return;
    pdf
      .fontSize(8)
      .fillColor(GREY)
      .text(to.label, MARGIN, pdf.y + 22);
    pdf
      .fontSize(10)
      .fillColor(INK)
      .font(to.lead ? BOLD : REGULAR);
    for (const line of to.lines) {
      if (!line) continue;
      pdf.text(line, MARGIN, pdf.y + 1, { width: 300 });
      pdf.font(REGULAR);
    }
  }

  private async table({ heading, columns, rows }: PaperTable): Promise<void> {
    const { pdf } = this;
    const placed = this.place(columns);
    if (heading !== undefined) {
      this.room(70);
      pdf.font(BOLD).fontSize(11).fillColor(INK).text(heading, MARGIN, this.y);
      this.y = pdf.y + 6;
    }
    this.titles(placed);
    for (const [index, row] of rows.entries()) {
      if (index % AT_ONCE === AT_ONCE - 1) await breathe();
      const strong = 'strong' in row;
      const cells = strong ? row.cells : row;
      pdf.font(strong ? BOLD : REGULAR).fontSize(this.size);
      const height = Math.max(...placed.map(({ width }, i) => pdf.heightOfString(cells[i] || ' ', { width }))) + 8;
      if (this.room(height)) {
        this.titles(placed);
        pdf.font(strong ? BOLD : REGULAR).fontSize(this.size);
      }
      if (strong) pdf.rect(MARGIN, this.y, this.right - MARGIN, height).fill(SHADE);
      pdf.fillColor(INK);
      placed.forEach(({ x, width, align }, i) => pdf.text(cells[i] ?? '', x, this.y + 4, { width, align }));
      this.y += height;
      pdf.moveTo(MARGIN, this.y).lineTo(this.right, this.y).lineWidth(0.5).strokeColor(RULE).stroke();
    }
    this.y += 12;
  }

  private place(columns: readonly PaperColumn[]): Placed[] {
    const fixed = columns.reduce((sum, { width = 0 }) => sum + width, 0) + GAP * (columns.length - 1);
    const open = columns.filter(({ width }) => width === undefined).length;
    const rest = (this.right - MARGIN - fixed) / Math.max(1, open);
    let x = MARGIN;
    return columns.map(({ title, width = rest, align = 'left' }) => {
      const placed = { title, x, width, align };
      x += width + GAP;
      return placed;
    });
  }

  private titles(columns: readonly Placed[]): void {
    const { pdf } = this;
    pdf.font(BOLD).fontSize(this.size).fillColor(INK);
    const height = Math.max(...columns.map(({ title, width }) => pdf.heightOfString(title || ' ', { width })));
    for (const { title, x, width, align } of columns) {
      const lines = pdf.heightOfString(title || ' ', { width });
      pdf.text(title, x, this.y + height - lines, { width, align });
    }
    this.y += height + 4;
    pdf.moveTo(MARGIN, this.y).lineTo(this.right, this.y).lineWidth(1).strokeColor(this.paper.from.color).stroke();
    this.y += 2;
  }

  /** What belongs together stays on one page. */
  private sums(): void {
    const { pdf, right } = this;
    const { sums = [], total, remarks = [], from } = this.paper;
    if (sums.length === 0 && !total && remarks.length === 0) return;
    this.y -= 2;
    this.room((sums.length + remarks.length) * 15 + 40);
    for (const [name, value] of sums) {
      pdf.font(REGULAR).fontSize(9).fillColor(GREY);
      pdf.text(name, right - 345, this.y, { width: 250, align: 'right' });
      pdf.fillColor(INK).text(value, right - 90, this.y, { width: 90, align: 'right' });
      this.y += 15;
    }
    if (total) {
      pdf
        .moveTo(right - 215, this.y)
        .lineTo(right, this.y)
        .lineWidth(1)
        .strokeColor(from.color)
        .stroke();
      pdf.font(BOLD).fontSize(12).fillColor(INK);
      pdf.text(total[0], right - 265, this.y + 6, { width: 130, align: 'right' });
      pdf.text(total[1], right - 130, this.y + 6, { width: 130, align: 'right' });
      this.y += 28;
    }
    pdf.font(REGULAR).fontSize(9).fillColor(GREY);
    for (const remark of remarks) {
      pdf.text(remark, right - 345, this.y, { width: 345, align: 'right' });
      this.y += 13;
    }
  }

  private note(): void {
    const { pdf } = this;
    const { note } = this.paper;
    if (!note) return;
    const width = this.right - MARGIN;
    pdf.font(REGULAR).fontSize(9).fillColor(INK);
    this.room(pdf.heightOfString(note, { width }) + 12);
    pdf.text(note, MARGIN, this.y + 12, { width });
  }

  private foot(): void {
    const { pdf, right } = this;
    const { from, number } = this.paper;
    const { start, count } = pdf.bufferedPageRange();
    for (let page = start; page < start + count; page += 1) {
      pdf.switchToPage(page);
      // Text below the margin would begin a new page.
      pdf.page.margins.bottom = 0;
      pdf.font(REGULAR).fontSize(8).fillColor(GREY);
      if (from.footer)
        pdf.text(from.footer, MARGIN, this.height - 57, { width: right - MARGIN - 95, height: 24, ellipsis: true });
      const text = `${number} · ${page - start + 1} / ${count}`;
      pdf.text(text, right - 245, this.height - 42, { width: 245, align: 'right' });
    }
  }

  /** Begins a page where `height` does not fit beneath. @returns whether it did */
  private room(height: number): boolean {
    if (this.y + height <= this.bottom) return false;
    this.pdf.addPage();
    this.y = MARGIN;
    return true;
  }
}
