import type { Readable } from 'node:stream';
import type { ByteRange } from '../domain/byte-range';
import type { StoreName } from '../domain/stored-file';

/**
 * Where bytes lie. Keys are opaque names of ours, `<tenant>/<two characters>/<id>`; nothing that a client says becomes a
 * part of one. What is written is there as a whole or not at all, and is never changed afterwards.
 */
export abstract class BlobStorage {
  abstract readonly name: StoreName;
  /** Stores what the stream gives, whatever its length. Fails with the stream's own error when that breaks. */
  abstract put(key: string, content: AsyncIterable<Buffer>): Promise<void>;
  /** @throws ObjectMissing */
  abstract get(key: string, range?: ByteRange): Promise<Readable>;
  /** Nothing happens where there is none. */
  abstract remove(key: string): Promise<void>;
  /** Path of the object on this machine, where it has one. */
  pathOf(_key: string): string | null {
    return null;
  }
  /** Throws where the storage cannot be used. */
  abstract check(): Promise<void>;
}

/** The database knows of an object that the storage does not have. */
export class ObjectMissing extends Error {
  constructor(readonly key: string) {
    super(`The storage has no object ${key}.`);
    this.name = 'ObjectMissing';
  }
}
