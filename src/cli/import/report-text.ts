import { changesOf, type RunReport, type SheetReport } from '../../kernel/tabular/import-run';

const number = (value: number): string => value.toLocaleString('en-US');

/** What an import did, for a person: a line per file and one that sums up. */
export function reportText(report: RunReport, run: { dryRun: boolean; tenant: string; seconds: number }): string {
  const width = Math.max(...report.sheets.map((it) => it.entity.length));
  const lines = report.sheets.map((it) => `  ${it.entity.padEnd(width)}  ${sheetText(it, report.written)}`);
  const taken = report.sheets.map(
    (it) =>
      `${number(it.rows - it.refused)} ${it.entity}${it.further.lines === undefined ? '' : `, ${number(it.further.lines)} lines`}`,
  );
  const refused = report.sheets.reduce((sum, it) => sum + it.refused, 0);
  const changes = changesOf(report);
  const counted = `${number(changes)} change${changes === 1 ? '' : 's'}`;
  const took = `in ${run.seconds.toFixed(1)} s`;
  if (run.dryRun)
    lines.push(
      `Dry run, nothing written: ${taken.join(', ')} → ${counted} to make, ${number(refused)} rows refused, ${took}.`,
    );
  else if (!report.written)
    lines.push(
      `Nothing imported: ${number(report.faults.length)} faults. Mend them, or take the rest with --accept-partial.`,
    );
  else
    lines.push(
      `Imported into ${run.tenant}: ${taken.join(', ')} → ${counted}${refused > 0 ? `, ${number(refused)} rows refused` : ''}, ${took}.`,
    );
  return lines.join('\n');
}

function sheetText(it: SheetReport, written: boolean): string {
  const parts = [
    `${number(it.rows)} rows:`,
    `${number(it.created)} ${written ? 'created' : 'to create'},`,
    `${number(it.updated)} ${written ? 'updated' : 'to update'},`,
    `${number(it.unchanged)} unchanged,`,
    `${number(it.refused)} refused`,
  ];
  if (it.further.lines !== undefined) parts.push(`(${number(it.further.lines)} lines)`);
  if (it.further.stock && written)
    parts.push(`(stock of ${number(it.further.stock)}, ${number(it.further.stockChanged)} changed)`);
  return parts.join(' ');
}
