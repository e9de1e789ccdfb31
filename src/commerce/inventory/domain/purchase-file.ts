/** A line of a purchase order as a file says it, with the line of the file. */
export interface PurchaseFileLine {
  line: number;
  sku: string;
  quantity: number;
  unitCost?: number;
  expectedAt: Date | null;
}

/** What is wrong with a cell, or a whole line (`*`). */
export interface PurchaseFileFault {
  line: number;
  column: string;
  code: string;
  reason: string;
}

const MOST = 1_000_000_000;
const MOST_COST = 1_000_000_000_000;
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** Reads one line of a file, cells by column; null with everything that is wrong with it. */
export function readPurchaseLine(
  line: number,
  cells: Record<string, string | null>,
): { line: PurchaseFileLine | null; faults: PurchaseFileFault[] } {
  const faults: PurchaseFileFault[] = [];
  const fault = (column: string, code: string, reason: string): void =>
    void faults.push({ line, column, code, reason });
  const whole = (column: string, least: number, most: number): number | undefined => {
    const text = cells[column] ?? null;
    if (text === null) return undefined;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    fault(column, 'not-a-number', `${column} is a whole number from ${least} to ${most}.`);
    return undefined;
  };
  const sku = cells.sku ?? '';
  if (sku === '' || sku.length > 64) fault('sku', 'no-sku', 'sku has 1 to 64 characters.');
  if (cells.quantity === null) fault('quantity', 'no-quantity', 'quantity is missing.');
  const quantity = whole('quantity', 1, MOST);
  const unitCost = whole('unitCost', 0, MOST_COST);
  const day = cells.expectedAt ?? null;
  const expectedAt = day === null ? null : new Date(day);
  if (day !== null && (!DATE.test(day) || Number.isNaN(expectedAt!.getTime())))
    fault('expectedAt', 'not-a-date', 'expectedAt is a date such as 2026-03-01, or an RFC 3339 time.');
  return { line: faults.length > 0 ? null : { line, sku, quantity: quantity!, unitCost, expectedAt }, faults };
}
