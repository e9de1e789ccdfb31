import { access, constants, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { ByteRange } from '../domain/byte-range';
import { BlobStorage, ObjectMissing } from './blob-storage';

/** Keys as they are made here; anything else would be a fault of the product. */
const KEY = /^(?:quarantine\/)?[0-9a-f-]{36}\/[0-9a-f]{2}\/[0-9a-f-]{36}$/;
const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/**
 * Files in a folder of this machine, or of one that all processes share. Written beside, flushed to the disk, then
 * renamed, so that a crash leaves the whole or nothing under the name. Nothing is executable, and only the process's own
 * user can read it.
 */
export class LocalStorage extends BlobStorage {
  readonly name = 'local';

  constructor(private readonly folder: string) {
    super();
  }

  override pathOf(key: string): string {
    if (!KEY.test(key)) throw new Error('A key is not of the form that keys have.');
    return path.join(this.folder, key);
  }

  async put(key: string, content: AsyncIterable<Buffer>): Promise<void> {
    const at = this.pathOf(key);
    const folder = path.dirname(at);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const part = `${at}.part`;
    const file = await open(part, 'w', 0o600);
    try {
      for await (const piece of content) {
        for (let from = 0; from < piece.length;) from += (await file.write(piece, from)).bytesWritten;
      }
      await file.sync();
      await file.close();
      await rename(part, at);
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(part, { force: true });
      throw error;
    }
    // The name is in its folder only once the folder is on the disk.
    const entry = await open(folder, 'r');
    await entry.sync().finally(() => entry.close());
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    const file = await open(this.pathOf(key), 'r').catch((error: unknown) => {
      throw isMissing(error) ? new ObjectMissing(key) : error;
    });
    // The open file goes on being read although its name is removed meanwhile.
    return file.createReadStream(range);
  }

  async remove(key: string): Promise<void> {
    const at = this.pathOf(key);
    await rm(at, { force: true });
    // Left by a process that was killed while it wrote.
    await rm(`${at}.part`, { force: true });
  }

  async check(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await access(this.folder, constants.R_OK | constants.W_OK | constants.X_OK);
    if (!(await stat(this.folder)).isDirectory()) throw new Error('The folder of files is no folder.');
  }
}
