import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { EXIT, ExitError } from '../../start/exit';

/** First line of an archive. */
export interface ArchiveHead {
  format: 'mainstay-backup';
  version: 1;
  product: string;
  createdAt: string;
  /** Migrations of the database, oldest first: a restore needs the same. */
  migrations: string[];
  /** Tells which master key sealed columns need; tells nothing about the key. */
  keyId: string;
}

/** Last line of a table. */
export interface TableEnd {
  end: string;
  rows: number;
  /** Sum over the rows as PostgreSQL prints them, independent of their order. */
  sum: string;
}

/**
 * An archive is gzipped text: lines that begin with `#` say what follows (head, `{"table"}`, `{"end"}`, trailer), every
 * other line is one row as JSON. The trailer holds the SHA-256 of all lines before it.
 */
export class ArchiveWriter {
  private readonly gzip = createGzip({ level: 6 });
  private readonly hash: Hash = createHash('sha256');
  private readonly draft: string;
  private readonly written: Promise<void>;

  constructor(private readonly file: string) {
    // A half-written archive never has the name of a whole one.
    this.draft = `${file}.${process.pid}.part`;
    this.written = pipeline(this.gzip, createWriteStream(this.draft, { mode: 0o600, flags: 'wx' }));
    this.written.catch(() => undefined);
  }

  head(head: ArchiveHead): Promise<void> {
    return this.line(`#${JSON.stringify(head)}`);
  }

  table(table: string): Promise<void> {
    return this.line(`#${JSON.stringify({ table })}`);
  }

  rows(rows: string[]): Promise<void> {
    return rows.length === 0 ? Promise.resolve() : this.line(rows.join('\n'));
  }

  end(end: TableEnd): Promise<void> {
    return this.line(`#${JSON.stringify(end)}`);
  }

  /** Writes the trailer and gives the file its name. */
  async finish(): Promise<void> {
    this.gzip.end(`#${JSON.stringify({ sha256: this.hash.digest('hex') })}\n`);
    await this.written;
    await rename(this.draft, this.file);
  }

  async abandon(): Promise<void> {
    this.gzip.destroy();
    await this.written.catch(() => undefined);
    await rm(this.draft, { force: true });
  }

  private async line(text: string): Promise<void> {
    const line = `${text}\n`;
    this.hash.update(line);
    if (!this.gzip.write(line)) await Promise.race([once(this.gzip, 'drain'), this.written]);
  }
}

const broken = (file: string, why: string): ExitError =>
  new ExitError(EXIT.failed, `${file} is no whole backup: ${why}.`);

/** What reading an archive calls; absent parts are skipped. */
export interface ArchiveReader {
  head?(head: ArchiveHead): Promise<void> | void;
  table?(table: string): Promise<void> | void;
  row?(row: string): Promise<void> | void;
  end?(end: TableEnd): Promise<void> | void;
}

/**
 * Reads an archive from its first line to its last. What it calls may have been called for a broken archive when the
 * fault comes to light: whoever writes does so in a transaction.
 * @throws ExitError 1 when it is not whole or not unchanged
 */
export async function readArchive(file: string, reader: ArchiveReader): Promise<ArchiveHead> {
  const hash = createHash('sha256');
  let head: ArchiveHead | undefined;
  let table: string | undefined;
  let rows = 0;
  let trailer: string | undefined;
  try {
    const source = createReadStream(file);
    const gunzip = createGunzip();
    source.on('error', (error) => gunzip.destroy(error));
    for await (const line of createInterface({ input: source.pipe(gunzip), crlfDelay: Infinity })) {
      if (trailer !== undefined) throw broken(file, 'something follows its end');
      if (!line.startsWith('#')) {
        if (table === undefined) throw broken(file, 'a row belongs to no table');
        rows += 1;
        hash.update(`${line}\n`);
        await reader.row?.(line);
        continue;
      }
      const said = JSON.parse(line.slice(1)) as Partial<ArchiveHead & TableEnd> & { table?: string; sha256?: string };
      if (said.sha256 !== undefined) {
        trailer = said.sha256;
        continue;
      }
      hash.update(`${line}\n`);
      if (said.format !== undefined) {
        if (said.format !== 'mainstay-backup' || said.version !== 1) throw broken(file, 'it has another format');
        head = said as ArchiveHead;
        await reader.head?.(head);
      } else if (said.table !== undefined) {
        if (!head) throw broken(file, 'it has no head');
        table = said.table;
        rows = 0;
        await reader.table?.(table);
      } else if (said.end !== undefined) {
        if (said.end !== table || said.rows !== rows) throw broken(file, `rows of ${said.end} are missing`);
        table = undefined;
        await reader.end?.(said as TableEnd);
      }
    }
  } catch (error) {
    if (error instanceof ExitError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new ExitError(EXIT.failed, `There is no file ${file}.`);
    if (code?.startsWith('Z_') || error instanceof SyntaxError) throw broken(file, 'it cannot be read');
    throw error;
  }
  if (!head || trailer === undefined) throw broken(file, 'its end is missing');
  if (trailer !== hash.digest('hex')) throw broken(file, 'it was changed after it was made');
  return head;
}
