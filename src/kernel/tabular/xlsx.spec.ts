import { Readable } from 'node:stream';
import { crc32, deflateRawSync } from 'node:zlib';
import { openTable } from './open-table';
import type { TableOptions, TableRow } from './table-reader';
import { dayText, plainNumber } from './xlsx-reader';
import { isDateFormat } from './xlsx-parts';
import { xlsxFile } from './xlsx-writer';

const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** A ZIP archive of these parts; `claims` overwrites the unpacked size that the directory names. */
function zip(parts: Record<string, string>, claims: Record<string, number> = {}): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(parts)) {
    const [plain, file] = [Buffer.from(text), Buffer.from(name)];
    const packed = deflateRawSync(plain, { level: 9 });
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(8, 8);
    head.writeUInt32LE(crc32(plain), 14);
    head.writeUInt32LE(packed.length, 18);
    head.writeUInt32LE(claims[name] ?? plain.length, 22);
    head.writeUInt16LE(file.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    head.copy(entry, 6, 4, 30);
    entry.writeUInt32LE(offset, 42);
    local.push(head, file, packed);
    central.push(entry, file);
    offset += 30 + file.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(parts).length, 8);
  end.writeUInt16LE(Object.keys(parts).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

/** A workbook as a spreadsheet writes it: shared strings, styles, a hidden sheet before the shown one. */
const workbook = (rows: string, more: Record<string, string> = {}): Record<string, string> => ({
  'xl/workbook.xml': `<workbook ${MAIN} xmlns:r="${OFFICE}"><sheets><sheet name="Secret" sheetId="1" state="hidden" r:id="rId9"/><sheet name="Goods" sheetId="2" r:id="rId1"/></sheets></workbook>`,
  'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="/xl/worksheets/sheet2.xml"/><Relationship Id="rId9" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${OFFICE}/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`,
  'xl/styles.xml': `<styleSheet ${MAIN}><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`,
  'xl/sharedStrings.xml': `<sst ${MAIN}><si><t>sku</t></si><si><t>price</t></si><si><r><t>T</t></r><r><t>-1</t></r><rPh><t>ti</t></rPh></si><si><t>line_x000A_break</t></si></sst>`,
  'xl/worksheets/sheet1.xml': `<worksheet ${MAIN}><sheetData><row r="1"><c t="inlineStr"><is><t>hidden</t></is></c></row></sheetData></worksheet>`,
  'xl/worksheets/sheet2.xml': `<worksheet ${MAIN}><sheetData><row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c></row>${rows}</sheetData></worksheet>`,
  ...more,
});

async function read(content: Buffer, options?: TableOptions): Promise<{ header: readonly string[]; rows: TableRow[] }> {
  const reader = await openTable(Readable.from([content]), options);
  const rows: TableRow[] = [];
  for await (const row of reader) rows.push(row);
  return { header: reader.header, rows };
}

describe('workbooks', () => {
  it('are read as they are shown: shared texts, numbers, dates, gaps, the line of the sheet', async () => {
    const { header, rows } = await read(
      zip(
        workbook(
          `<row r="3"><c r="A3" t="s"><v>2</v></c><c r="C3"><v>12.300000000000001</v></c></row>
           <row r="4"/><row r="9"><c r="A9" t="s"><v>3</v></c><c r="C9" s="1"><v>45000.5</v></c></row>
           <row r="10"><c r="A10" t="b"><v>1</v></c><c r="C10" t="str"><f>A1&amp;"x"</f><v>kept</v></c></row>`,
        ),
      ),
    );
    expect(header).toEqual(['sku', 'price']);
    expect(rows).toEqual([
      { line: 3, cells: { sku: 'T-1', price: '12.3' } },
      { line: 9, cells: { sku: 'line\nbreak', price: '2023-03-15 12:00:00' } },
      { line: 10, cells: { sku: 'true', price: 'kept' } },
    ]);
  });

  it('say which cell has no value, and refuse values beyond the header', async () => {
    const { rows } = await read(
      zip(
        workbook(
          `<row r="3"><c r="A3"><f>1+1</f></c><c r="C3" t="e"><v>#REF!</v></c></row><row r="4"><c r="D4"><v>1</v></c></row>`,
        ),
      ),
    );
    expect(rows[0]).toMatchObject({
      line: 3,
      wrong: {
        sku: { code: 'formula-without-value' },
        price: { code: 'cell-error', reason: 'The cell C3 holds the error #REF!.' },
      },
    });
    expect(rows[1]).toMatchObject({ line: 4, fault: { column: 'D', code: 'column-count' } });
  });

  it('say which number has more digits than are kept, and do not round it', async () => {
    const cells = ['700412345678904182', '7.00412345678904E+17', '-1000000000000000', '999999999999999'];
    const { rows } = await read(
      zip(workbook(cells.map((value, i) => `<row r="${i + 3}"><c r="A${i + 3}"><v>${value}</v></c></row>`).join(''))),
    );
    expect(rows.map(({ cells: named, wrong }) => wrong?.sku.code ?? named?.sku)).toEqual([
      ...['too-many-digits', 'too-many-digits', 'too-many-digits', '999999999999999'],
    ]);
    expect(JSON.stringify(rows.slice(0, 2))).not.toMatch(/7004|7\.004/);
  });

  it('are read by the name of a sheet', async () => {
    const content = zip(workbook(''));
    expect((await read(content, { worksheet: 'Secret' })).header).toEqual(['hidden']);
    await expect(read(content, { worksheet: 'Nope' })).rejects.toMatchObject({ code: 'tabular.no-such-worksheet' });
  });

  it.each<[string, () => Buffer, string]>([
    [
      'one that unpacks a thousandfold',
      () => zip(workbook('', { bomb: ' '.repeat(8 * 1024 ** 2) })),
      'tabular.workbook-too-large',
    ],
    [
      'one that claims gigabytes',
      () => zip(workbook(''), { 'xl/styles.xml': 900 * 1024 ** 2 }),
      'tabular.workbook-too-large',
    ],
    [
      'one whose part is larger than it claims',
      () => zip(workbook(''), { 'xl/worksheets/sheet2.xml': 10 }),
      'tabular.not-a-workbook',
    ],
    [
      'one with a document type',
      () => zip(workbook('', { 'xl/styles.xml': '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>' })),
      'tabular.not-a-workbook',
    ],
    ['one whose XML is broken', () => zip(workbook('', { 'xl/styles.xml': '<a><b></a>' })), 'tabular.not-a-workbook'],
    ['one without a sheet', () => zip({ 'readme.txt': 'x' }), 'tabular.not-a-workbook'],
    ['half an archive', () => zip(workbook('')).subarray(0, 400), 'tabular.not-a-workbook'],
    ['one of before 2007', () => Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'tabular.not-a-workbook'],
    [
      'an empty sheet',
      () => zip(workbook('', { 'xl/worksheets/sheet2.xml': `<worksheet ${MAIN}/>` })),
      'tabular.no-header',
    ],
    [
      'a column named twice',
      () =>
        zip(
          workbook('', {
            'xl/worksheets/sheet2.xml': `<worksheet ${MAIN}><row><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row></worksheet>`,
          }),
        ),
      'tabular.duplicate-column',
    ],
  ])('refuse %s', async (_, content, code) => {
    await expect(read(content())).rejects.toMatchObject({ code });
  });

  it('tell where a sheet breaks off, after the rows before', async () => {
    const parts = workbook(`<row r="3"><c r="A3" t="s"><v>2</v></c></row>`);
    parts['xl/worksheets/sheet2.xml'] = parts['xl/worksheets/sheet2.xml'].slice(0, -20);
    const { rows } = await read(zip(parts));
    expect(rows.at(-1)).toMatchObject({ fault: { code: 'broken-workbook' } });
  });

  it('are written so that nothing is computed and everything comes back', async () => {
    const texts = [
      '=1+1',
      "'=1+1",
      "'plain",
      '@SUM(A1)',
      '-5',
      'a & <b> "c"',
      '_x0041_',
      'tab\there',
      'ü€𝄞',
      'bell\u0007',
      'x\uD800',
    ];
    async function* batches() {
      yield texts.map((text) => [text, 12, true]);
    }
    const pieces: Buffer[] = [];
    for await (const piece of xlsxFile(['text', 'number', 'flag'], batches(), 'A & B')) pieces.push(piece);
    const { rows } = await read(Buffer.concat(pieces), { worksheet: 'A & B' });
    expect(rows.map((row) => row.cells)).toEqual(texts.map((text) => ({ text, number: '12', flag: 'true' })));
  });

  it('fail as a whole where their rows fail', async () => {
    async function* batches() {
      yield [['a']];
      throw new Error('database gone');
    }
    const drain = async () => {
      for await (const _ of xlsxFile(['text'], batches(), 'x'));
    };
    await expect(drain()).rejects.toThrow('database gone');
  });

  it.each([
    ['1', false, '1900-01-01'],
    ['59', false, '1900-02-28'],
    ['61', false, '1900-03-01'],
    ['45000', false, '2023-03-15'],
    ['0', true, '1904-01-01'],
  ])('count the day %s (from 1904: %s) as %s', (value, from1904, text) => {
    expect(dayText(value, from1904)).toBe(text);
  });

  it.each([
    ['4006381333931', '4006381333931'],
    ['1.25E+1', '12.5'],
    ['0.1', '0.1'],
    ['1E-7', '0.0000001'],
    ['1E+22', '10000000000000000000000'],
    ['0.30000000000000004', '0.3'],
  ])('show %s as %s', (value, text) => expect(plainNumber(value)).toBe(text));

  it.each([
    ['yyyy-mm-dd', true],
    ['[h]:mm', true],
    ['0.00 "day"', false],
    ['[Red]0.00', false],
    ['General', false],
    ['#,##0\\ \\d', false],
  ])('know whether %s is a date: %s', (code, is) => expect(isDateFormat(code)).toBe(is));
});
