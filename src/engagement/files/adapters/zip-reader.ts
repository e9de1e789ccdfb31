import type { Readable } from 'node:stream';
import type { Entry, ZipFile } from 'yauzl';

/** An entry of a ZIP, as its central directory says. */
export interface ZipEntry {
  name: string;
  isFolder: boolean;
  isEncrypted: boolean;
  isLink: boolean;
  /** Bytes, as declared. */
  uncompressedSize: number;
}

export interface OpenZip {
  entries: readonly ZipEntry[];
  open(entry: ZipEntry): Promise<Readable>;
  close(): void;
}

/** Encrypted by the classic method, or by a strong one (APPNOTE 4.4.4, bits 0 and 6). */
const ENCRYPTED = 0x0041;
/** Kinds of files of Unix in the upper half of the external attributes. */
const S_IFMT = 0o170000;
const S_IFLNK = 0o120000;

class Known implements ZipEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly isEncrypted: boolean;
  readonly isLink: boolean;
  readonly uncompressedSize: number;

  constructor(readonly entry: Entry) {
    // Names are compared, never used: which of the two alphabets of ZIP it is does not matter.
    this.name = (entry.fileName as unknown as Buffer).toString('latin1');
    this.isFolder = this.name.endsWith('/');
    this.isEncrypted = (entry.generalPurposeBitFlag & ENCRYPTED) !== 0;
    this.isLink = ((entry.externalFileAttributes >>> 16) & S_IFMT) === S_IFLNK;
    this.uncompressedSize = entry.uncompressedSize;
  }
}

/**
 * Reads the directory of a ZIP. The caller closes it.
 * @throws Error for what is no ZIP, and `too-many-entries`
 */
export async function readZip(file: string, mostEntries: number): Promise<OpenZip> {
  const { default: yauzl } = await import('yauzl');
  const zip = await new Promise<ZipFile>((resolve, reject) =>
    yauzl.open(
      file,
      { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: true },
      (error, it) => (error ? reject(error) : resolve(it)),
    ),
  );
  const entries: Known[] = [];
  try {
    if (zip.entryCount > mostEntries) throw new Error('too-many-entries');
    await new Promise<void>((resolve, reject) => {
      zip.on('error', reject);
      zip.on('end', resolve);
      zip.on('entry', (entry: Entry) => {
        entries.push(new Known(entry));
        zip.readEntry();
      });
      zip.readEntry();
    });
  } catch (error) {
    zip.close();
    throw error;
  }
  return {
    entries,
    open: (entry) =>
      new Promise((resolve, reject) =>
        zip.openReadStream((entry as Known).entry, (error, stream) => (error ? reject(error) : resolve(stream))),
      ),
    close: () => zip.close(),
  };
}
