import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { newId } from '../../../kernel/ids/ids';
import { isSafeEntryName, packingOf, type Packing } from '../domain/archive';
import { readZip, type ZipEntry } from './zip-reader';

/** What an archive may unfold to, all that is nested in it included. */
export interface ArchiveLimits {
  entries: number;
  unpackedBytes: number;
  /** Unpacked bytes for each packed one; asked once there are `ratioFromBytes`. */
  ratio: number;
  ratioFromBytes: number;
  /** 1: archives in an archive are refused. */
  depth: number;
}

export const ARCHIVE_LIMITS: ArchiveLimits = {
  entries: 10_000,
  unpackedBytes: 1024 ** 3,
  ratio: 100,
  ratioFromBytes: 16 * 1024 ** 2,
  depth: 3,
};

/** First bytes by which an entry is told to be an archive: those of a tar reach to its mark. */
const SNIFF_BYTES = 512;

/** Why an archive stays shut; the message is the code. */
class Refused extends Error {}
const refuse = (reason: string): never => {
  throw new Refused(reason);
};

/**
 * Looks into an archive before a scanner does, whose own limits it might exceed (clamd calls clean what is too deep or too
 * large for it). Every entry is really unpacked and counted: what its header says decides nothing.
 * @param folder for archives that are nested; emptied again
 * @returns null, or the code why it stays shut: `archive-bomb`, `archive-too-deep`, `archive-too-many-entries`,
 * `archive-encrypted`, `archive-unsafe-path`, `archive-link`, `archive-unreadable`
 */
export async function inspectArchive(
  file: string,
  packedBytes: number,
  folder: string,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): Promise<string | null> {
  const inspection = new Inspection(packedBytes, folder, limits);
  try {
    await inspection.archive(file, 1);
    return null;
  } catch (error) {
    return error instanceof Refused ? error.message : 'archive-unreadable';
  }
}

/** True when the file ends as a ZIP does although it does not begin as one: two things in one, of which each reader sees its own. */
export async function endsAsZip(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, 22 + 0xffff));
    await handle.read(tail, 0, tail.length, size - tail.length);
    for (let at = tail.length - 22; at >= 0; at--)
      if (tail.readUInt32LE(at) === 0x06054b50 && at + 22 + tail.readUInt16LE(at + 20) === tail.length) return true;
    return false;
  } finally {
    await handle.close();
  }
}

class Inspection {
  private entries = 0;
  private unpacked = 0;

  constructor(
    private readonly packedBytes: number,
    private readonly folder: string,
    private readonly limits: ArchiveLimits,
  ) {}

  async archive(file: string, depth: number): Promise<void> {
    if (depth > this.limits.depth) refuse('archive-too-deep');
    const handle = await open(file, 'r');
    const head = Buffer.alloc(SNIFF_BYTES);
    const { bytesRead } = await handle.read(head, 0, SNIFF_BYTES, 0);
    await handle.close();
    const packing = packingOf(head.subarray(0, bytesRead));
    if (packing === 'zip') return this.zip(file, depth);
    if (packing === 'gzip') return this.gzip(createReadStream(file), depth);
    if (packing === 'tar') return this.tar(createReadStream(file), depth);
    refuse('archive-unreadable');
  }

  private async zip(file: string, depth: number): Promise<void> {
    const zip = await readZip(file, this.limits.entries - this.entries).catch((error: unknown) =>
      refuse((error as Error).message === 'too-many-entries' ? 'archive-too-many-entries' : 'archive-unreadable'),
    );
    try {
      // What the headers say is looked at first: a bomb is known by it at once, and where they lie the bytes tell.
      let declared = 0;
      for (const entry of zip.entries) {
        this.judge(entry);
        declared += entry.uncompressedSize;
        if (this.exceeds(this.unpacked + declared)) refuse('archive-bomb');
      }
      for (const entry of zip.entries) if (!entry.isFolder) await this.content(await zip.open(entry), depth);
    } finally {
      zip.close();
    }
  }

  private judge(entry: ZipEntry): void {
    if (++this.entries > this.limits.entries) refuse('archive-too-many-entries');
    if (!isSafeEntryName(entry.name)) refuse('archive-unsafe-path');
    if (entry.isEncrypted) refuse('archive-encrypted');
    if (entry.isLink) refuse('archive-link');
  }

  /** A gzip has one thing in it: often a tar. */
  private async gzip(packed: Readable, depth: number): Promise<void> {
    this.entries += 1;
    const gunzip = createGunzip();
    packed.on('error', (error) => gunzip.destroy(error));
    packed.pipe(gunzip);
    await this.content(gunzip, depth, true);
  }

  private async tar(source: Readable, depth: number): Promise<void> {
    const { extract } = await import('tar-stream');
    const reader = extract();
    source.on('error', (error) => reader.destroy(error));
    source.pipe(reader);
    try {
      for await (const entry of reader) {
        const { name, type } = entry.header;
        if (++this.entries > this.limits.entries) refuse('archive-too-many-entries');
        if (!isSafeEntryName(name)) refuse('archive-unsafe-path');
        if (type === 'symlink' || type === 'link') refuse('archive-link');
        if (type !== 'file' && type !== 'directory' && type !== 'contiguous-file') refuse('archive-unreadable');
        await this.content(entry as unknown as Readable, depth);
      }
    } finally {
      source.destroy();
      reader.destroy();
    }
  }

  /**
   * Reads an entry to its end, and looks into it where it is an archive itself.
   * @param unwrapped of a gzip: a tar in it is not a level deeper
   */
  private async content(stream: Readable, depth: number, unwrapped = false): Promise<void> {
    const source = this.counted(stream)[Symbol.asyncIterator]();
    let head = Buffer.alloc(0);
    for (let next = await source.next(); !next.done; next = await source.next()) {
      head = Buffer.concat([head, next.value]);
      if (head.length >= SNIFF_BYTES) break;
    }
    async function* whole(): AsyncGenerator<Buffer> {
      yield head;
      for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
    }
    const packing = packingOf(head);
    if (packing === 'tar' && unwrapped) return this.tar(Readable.from(whole(), { objectMode: false }), depth);
    if (packing === null) {
      for await (const piece of whole()) void piece;
      return;
    }
    await this.nested(whole(), packing, depth + 1);
  }

  private async nested(content: AsyncIterable<Buffer>, packing: Packing, depth: number): Promise<void> {
    if (packing === 'other') refuse('archive-unreadable');
    if (depth > this.limits.depth) refuse('archive-too-deep');
    const file = path.join(this.folder, newId());
    try {
      await pipeline(content, createWriteStream(file, { mode: 0o600 }));
      await this.archive(file, depth);
    } finally {
      await rm(file, { force: true });
    }
  }

  private async *counted(stream: Readable): AsyncGenerator<Buffer> {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      this.unpacked += piece.length;
      if (this.exceeds(this.unpacked)) refuse('archive-bomb');
      yield piece;
    }
  }

  private exceeds(bytes: number): boolean {
    const { unpackedBytes, ratio, ratioFromBytes } = this.limits;
    return bytes > unpackedBytes || (bytes > ratioFromBytes && bytes > ratio * this.packedBytes);
  }
}
