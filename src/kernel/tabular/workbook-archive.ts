import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';
import type { Entry, ZipFile } from 'yauzl';
import { invalid, type AppError } from '../errors/app-error';

/**
 * Limits of a workbook, so that a few kilobytes cannot become gigabytes ("zip bomb"): what the archive claims is judged
 * before anything is unpacked, and unpacking stops where a part is larger than it claimed. XML of tables packs 10-60 : 1;
 * DEFLATE can do 1032 : 1.
 */
const MOST_PARTS = 2_000;
const MOST_UNPACKED_BYTES = 512 * 1024 ** 2;
const MOST_RATIO = 250;
const RATIO_COUNTS_FROM_BYTES = 4 * 1024 ** 2;

export const notAWorkbook = (detail = 'The file is not a workbook that can be read.'): AppError =>
  invalid('tabular.not-a-workbook', detail, { hint: 'Save it as an Excel workbook (.xlsx) or as CSV UTF-8.' });

const tooLarge = (): AppError =>
  invalid('tabular.workbook-too-large', 'The workbook unpacks to more than can be read here.', {
    hint: `At most ${MOST_UNPACKED_BYTES / 1024 ** 2} MB unpacked; save the sheet as CSV, or split it.`,
  });

/** The parts of an Office Open XML package (ECMA-376 part 2): a ZIP archive, read in place. */
export class WorkbookArchive {
  private constructor(
    private readonly zip: ZipFile,
    private readonly entries: Map<string, Entry>,
  ) {}

  /** @throws AppError invalid `tabular.not-a-workbook`, `tabular.workbook-too-large` */
  static async open(file: string): Promise<WorkbookArchive> {
    const { open } = await import('yauzl');
    const zip = await new Promise<ZipFile>((resolve, reject) => {
      const options = { lazyEntries: true, autoClose: false, validateEntrySize: true, strictFileNames: false };
      open(file, options, (error, opened) => (error ? reject(notAWorkbook()) : resolve(opened)));
    });
    try {
      if (zip.entryCount > MOST_PARTS) throw tooLarge();
      return new WorkbookArchive(zip, await directory(zip));
    } catch (error) {
      zip.close();
      throw error;
    }
  }

  has(part: string): boolean {
    return this.entries.has(part.toLowerCase());
  }

  /** Text of a part in pieces. @throws AppError invalid `tabular.not-a-workbook` where it is absent or broken */
  async *text(part: string): AsyncGenerator<string> {
    const entry = this.entries.get(part.toLowerCase());
    if (!entry) throw notAWorkbook(`The workbook lacks its part ${part}.`);
    const stream = await new Promise<Readable>((resolve, reject) => {
      this.zip.openReadStream(entry, (error, opened) => (error ? reject(notAWorkbook()) : resolve(opened)));
    });
    const decoder = new StringDecoder('utf8');
    try {
      for await (const bytes of stream as AsyncIterable<Buffer>) yield decoder.write(bytes);
    } catch {
      throw notAWorkbook(`The workbook is damaged: its part ${part} cannot be unpacked.`);
    } finally {
      stream.destroy();
    }
    yield decoder.end();
  }

  close(): void {
    this.zip.close();
  }
}

function directory(zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  let unpacked = 0;
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      unpacked += entry.uncompressedSize;
      const ratio = entry.uncompressedSize / Math.max(entry.compressedSize, 1);
      if (unpacked > MOST_UNPACKED_BYTES || (entry.uncompressedSize > RATIO_COUNTS_FROM_BYTES && ratio > MOST_RATIO)) {
        return reject(tooLarge());
      }
      if (entry.isEncrypted()) return reject(notAWorkbook('The workbook is encrypted.'));
      // Names of parts are equal without regard to case (ECMA-376 part 2, 6.2.2.3).
      entries.set(entry.fileName.toLowerCase(), entry);
      zip.readEntry();
    });
    zip.once('end', () => resolve(entries));
    zip.once('error', () => reject(notAWorkbook()));
    zip.readEntry();
  });
}
