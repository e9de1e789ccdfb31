import { setTimeout as pause } from 'node:timers/promises';
import { xlsxFile } from '../../src/kernel/tabular/xlsx-writer';
import { csvLines } from '../../src/kernel/tabular/csv-writer';
import { memoryOf, type Environment } from '../environment';
import { openShop } from '../large-shop';
import type { Measure } from '../report';

const AIM_SECONDS = 60;
const MOST_HEAP_MB = 300;
const HEADER = ['sku', 'handle', 'name', 'variantName', 'category', 'description', 'price', 'currency', 'onHand'];

/** Five variants a product, a tenth of the products in each of ten categories. */
const rowOf = (n: number, price: number): (string | number)[] => [
  `IMPORT-${n}`,
  `import-${Math.floor(n / 5)}`,
  `Imported thing ${Math.floor(n / 5)}`,
  `Size ${n % 5}`,
  `Imports > Shelf ${Math.floor(n / 5) % 10}`,
  'Useful in the house, and long enough to be a sentence that somebody wrote.',
  price,
  'EUR',
  n % 100,
];

async function* batches(rows: number, price: number) {
  for (let from = 0; from < rows; from += 1_000)
    yield Array.from({ length: Math.min(1_000, rows - from) }, (_, i) => rowOf(from + i, price));
}

async function workbook(rows: number, price: number): Promise<Blob> {
  const pieces: Buffer[] = [];
  for await (const piece of xlsxFile(HEADER, batches(rows, price), 'Products')) pieces.push(piece);
  return new Blob(pieces as never);
}

async function csv(rows: number, price: number): Promise<Blob> {
  let text = csvLines([HEADER]);
  for await (const batch of batches(rows, price)) text += csvLines(batch);
  return new Blob([text]);
}

/** What is measured, for the page of results. */
export const IMPORTS =
  'Files of 50,000 variants through `POST /product-imports`, from the upload to the end, by a product that also judges every row before.';

interface State {
  id: string;
  state: string;
  created: number;
  updated: number;
  unchanged: number;
}

/**
 * Imports of a large file by the running product: a workbook of all new variants, the same as CSV again, and one that
 * changes every price. Seconds from the upload to the end, and the highest heap seen meanwhile.
 */
export async function importing(
  { product }: Environment,
  rows: number,
  say: (text: string) => void,
): Promise<Measure[]> {
  const shop = await openShop(product.url, 'Importing shop');
  const api = `${product.url}/api/v1/product-imports`;
  const measures: Measure[] = [];
  let highest = 0;
  for (const [name, file, counted] of [
    ['workbook, all new', await workbook(rows, 12.5), 'created'],
    ['CSV, nothing new', await csv(rows, 12.5), 'unchanged'],
    ['CSV, every price new', await csv(rows, 13.5), 'updated'],
  ] as const) {
    const form = new FormData();
    form.set('file', file, name.startsWith('CSV') ? 'products.csv' : 'products.xlsx');
    const from = process.hrtime.bigint();
    const answer = await fetch(api, { method: 'POST', headers: shop.headers, body: form });
    let now = (await answer.json()) as State;
    if (answer.status !== 202) throw new Error(`${answer.status}: ${JSON.stringify(now)}`);
    while (['queued', 'checking', 'writing'].includes(now.state)) {
      await pause(250);
      highest = Math.max(highest, (await memoryOf(product.url)).used);
      now = (await (await fetch(`${api}/${now.id}`, { headers: shop.headers })).json()) as State;
    }
    const seconds = Number(process.hrtime.bigint() - from) / 1e9;
    if (now.state !== 'done' || now[counted] !== rows) throw new Error(`${name}: ${JSON.stringify(now)}`);
    say(`  ${name}: ${rows.toLocaleString('en')} rows in ${seconds.toFixed(1)} s`);
    measures.push({
      scenario: `import: ${name}`,
      unit: 's',
      value: seconds,
      aim: `< ${AIM_SECONDS}`,
      met: seconds < AIM_SECONDS,
      note: `${rows.toLocaleString('en')} variants, ${Math.round(rows / seconds).toLocaleString('en')} rows/s, ${(file.size / 2 ** 20).toFixed(1)} MB`,
    });
  }
  measures.push({
    scenario: 'import: highest heap',
    unit: 'MB',
    value: highest,
    aim: `<= ${MOST_HEAP_MB}`,
    met: highest <= MOST_HEAP_MB,
    note: 'the whole product, while it imports',
  });
  return measures;
}
