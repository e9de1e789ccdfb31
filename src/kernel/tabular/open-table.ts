import { createWriteStream, ReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvReader } from './csv-reader';
import type { TableOptions, TableReader } from './table-reader';
import { notAWorkbook } from './workbook-archive';
import { XlsxReader } from './xlsx-reader';

const ZIP = Buffer.from('PK\u0003\u0004', 'latin1');
/** Compound files: workbooks of before 2007, and encrypted ones of today. */
const COMPOUND = Buffer.from([0xd0, 0xcf, 0x11, 0xe0]);

/**
 * Opens a table from outside, whatever it is called: a workbook where its first bytes are those of an archive, else CSV.
 * A workbook is put by in a temporary file, as its directory is at its end.
 * @throws AppError invalid `tabular.*`, see `CsvReader.open` and `XlsxReader.open`
 */
export async function openTable(input: Readable, options: TableOptions = {}): Promise<TableReader> {
  const chunks = (input as AsyncIterable<Buffer | string>)[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < ZIP.length) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, Buffer.from(next.value as string)]);
  }
  if (head.subarray(0, 4).equals(COMPOUND)) {
    input.destroy();
    throw notAWorkbook('The file is a workbook of before 2007, or one with a password.');
  }
  if (head.subarray(0, 4).equals(ZIP)) return openWorkbook(input, chain(head, chunks, input), options);
  return CsvReader.open(Readable.from(chain(head, chunks, input), { objectMode: false }), options);
}

async function openWorkbook(
  input: Readable,
  bytes: AsyncGenerator<Buffer>,
  options: TableOptions,
): Promise<TableReader> {
  if (input instanceof ReadStream && typeof input.path === 'string') {
    await bytes.return(undefined);
    return XlsxReader.open(input.path, options);
  }
  const folder = await mkdtemp(path.join(os.tmpdir(), 'mainstay-table-'));
  try {
    const file = path.join(folder, 'workbook');
    await pipeline(bytes, createWriteStream(file, { mode: 0o600 }));
    const reader = await XlsxReader.open(file, options);
    // The open file lives on without its name where the system allows it, and is gone even after a crash.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    return reader;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function* chain(head: Buffer, rest: AsyncIterator<Buffer | string>, input: Readable): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    for (;;) {
      const next = await rest.next();
      if (next.done) return;
      yield typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
    }
  } finally {
    input.destroy();
  }
}
