import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BlobStorage } from './blob-storage';

/** An object as a file of this machine, for what reads here and there in it. */
export interface LocalCopy {
  path: string;
  /** An empty folder beside it. */
  folder: string;
}

/** Runs `work` with a stored object at hand as a file; copies that are made for it go afterwards. */
export async function withLocalCopy<T>(
  storage: BlobStorage,
  key: string,
  work: (copy: LocalCopy) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mainstay-file-'));
  try {
    let file = storage.pathOf(key);
    if (!file) {
      file = path.join(folder, 'copy');
      await pipeline(await storage.get(key), createWriteStream(file, { mode: 0o600 }));
    }
    return await work({ path: file, folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
