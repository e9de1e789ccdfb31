import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';

/** What a trading company bought and sold: pieces that came in batches, at costs in minor units, and orders as they left. */
export interface Trade {
  /** Later batches of an article expire later. */
  receipts: { sku: string; at: Date; quantity: number; number: string; cost: number; expiresAt: Date }[];
  orders: { at: Date; lines: { sku: string; quantity: number }[] }[];
}

const DAY = 86_400_000;

/** A small company in the likeness of Northwind: the same ones for the same seed. */
export function generatedTrade(start: Date, { articles = 6, days = 120, orders = 24 } = {}): Trade {
  let seed = 7;
  const next = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  const at = (day: number): Date => new Date(start.getTime() + day * DAY);
  const skus = Array.from({ length: articles }, (_, i) => `NW-${i + 1}`);
  const receipts = skus.flatMap((sku, i) =>
    [0, Math.floor(days / 3), Math.floor((2 * days) / 3)].map((day, batch) => ({
      sku,
      at: at(day),
      quantity: 60 + next(40),
      number: `B${batch}`,
      cost: 100 * (i + 1) + 10 * batch,
      expiresAt: at(days * 2 + 30 * batch + 3 * i),
    })),
  );
  // The last article is never sold.
  const sold = Array.from({ length: orders }, (_, i) => {
    const first = next(articles - 1);
    const lines = [...new Set([first, (first + 1 + next(articles - 2)) % (articles - 1)])];
    return {
      at: at(1 + (i * (days - 2)) / orders),
      lines: lines.map((n) => ({ sku: skus[n], quantity: 1 + next(9) })),
    };
  });
  return { receipts, orders: sold };
}

/**
 * The sample company itself, from its CSV files: what is in stock and what was sold came in two batches before the first
 * order, at 60 and 65 % of the price.
 */
export function northwind(folder: string): Trade {
  const rows = (file: string): Record<string, string>[] =>
    parse(readFileSync(path.join(folder, file)), { columns: true, bom: true, relax_column_count: true });
  const time = (text: string): Date => new Date(`${text.replace(' ', 'T')}Z`);
  const details = new Map<string, Record<string, string>[]>();
  for (const row of rows('order-details.csv')) details.set(row.orderID, [...(details.get(row.orderID) ?? []), row]);
  const shipped = rows('orders.csv').filter((order) => order.shippedDate !== 'NULL');
  const orders = shipped
    .map((order) => ({
      at: time(order.shippedDate),
      lines: details
        .get(order.orderID)!
        .map((line) => ({ sku: `NW-${line.productID}`, quantity: Number(line.quantity) })),
    }))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
  const sold = new Map<string, number>();
  for (const { sku, quantity } of orders.flatMap(({ lines }) => lines)) sold.set(sku, (sold.get(sku) ?? 0) + quantity);
  const begin = orders[0].at.getTime() - 10 * DAY;
  const receipts = rows('products.csv').flatMap((product) => {
    const sku = `NW-${product.productID}`;
    const all = (sold.get(sku) ?? 0) + Number(product.unitsInStock);
    const price = Math.round(Number(product.unitPrice) * 100);
    return [Math.ceil(all / 2), Math.floor(all / 2)].map((quantity, batch) => ({
      sku,
      at: new Date(begin + batch * DAY),
      quantity,
      number: `B${batch}`,
      cost: Math.round(price * (0.6 + 0.05 * batch)),
      expiresAt: new Date(begin + (1500 + 100 * batch) * DAY),
    }));
  });
  return { receipts: receipts.filter(({ quantity }) => quantity > 0), orders };
}
