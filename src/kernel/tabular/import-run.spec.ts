import { setImmediate as turn } from 'node:timers/promises';
import { Readable } from 'node:stream';
import type { FieldSet } from './fields';
import { ImportRun } from './import-run';
import type { EntityImporter, EntityOutcome, EntityRow, ImportFiles } from './importer';
import { plainProfile } from './profile';

const FIELDS = { code: { type: 'text', required: true } } as const satisfies FieldSet;
const ROWS = 1_700;
const file = `code\n${Array.from({ length: ROWS }, (_, n) => `C-${n}`).join('\n')}\n`;

/** Takes rows slowly and knows how many batches it was given at a time. */
class SlowImporter implements EntityImporter {
  readonly entity = 'things';
  readonly fields = FIELDS;
  /** Asked of each row as it is read. */
  readonly keys = [{ field: 'code', of: (row: object) => `${(row as { code: string }).code} ${(this.rowsRead += 1)}` }];
  readonly taken: string[] = [];
  atOnce = 0;
  most = 0;
  rowsRead = 0;
  /** Batches while which rows of the next one were read. */
  readMeanwhile = 0;
  failAt = Number.POSITIVE_INFINITY;

  async take(rows: EntityRow<{ code: string }>[], dryRun: boolean): Promise<EntityOutcome> {
    this.atOnce += 1;
    this.most = Math.max(this.most, this.atOnce);
    const before = this.rowsRead;
    for (let n = 0; n < 50; n++) await turn();
    if (this.rowsRead > before) this.readMeanwhile += 1;
    this.atOnce -= 1;
    if (!dryRun && this.taken.length >= this.failAt) throw new Error('the disk is full');
    if (!dryRun) this.taken.push(...rows.map(({ row }) => row.code));
    return { created: rows.length, updated: 0, unchanged: 0, faults: [], further: {} };
  }
}

function company() {
  async function* bytes(): AsyncGenerator<Buffer> {
    for (let at = 0; at < file.length; at += 500) {
      yield Buffer.from(file.slice(at, at + 500));
      await turn();
    }
  }
  const profile = plainProfile('things', FIELDS, ['code'], 'things.csv');
  const open = (): Promise<Readable> => Promise.resolve(Readable.from(bytes(), { objectMode: false }));
  const files: ImportFiles = { profile, sheets: profile.sheets, open };
  return { files, importer: new SlowImporter() };
}

describe('a run of an import', () => {
  it('reads the next batch while one is on its way, gives them one after the other, and tells where it stands', async () => {
    const { files, importer } = company();
    const told: [string, number][] = [];
    const run = new ImportRun(files, { things: importer }, ({ phase, rows }) => void told.push([phase, rows]));
    const report = await run.execute({ dryRun: false, acceptPartial: false });
    expect(report).toMatchObject({ written: true, faults: [], sheets: [{ rows: ROWS, created: ROWS }] });
    expect(importer.taken).toEqual(Array.from({ length: ROWS }, (_, n) => `C-${n}`));
    expect(importer.most).toBe(1);
    expect(importer.readMeanwhile).toBe(6);
    const steps = [500, 1_000, 1_500, ROWS];
    expect(told).toEqual([...steps.map((rows) => ['check', rows]), ...steps.map((rows) => ['write', rows])]);
  });

  it('ends with what a batch fails by, and leaves nothing on its way', async () => {
    const { files, importer } = company();
    importer.failAt = 500;
    const run = new ImportRun(files, { things: importer });
    await expect(run.execute({ dryRun: false, acceptPartial: false })).rejects.toThrow('the disk is full');
    expect(importer.atOnce).toBe(0);
    expect(importer.taken).toHaveLength(500);
  });
});
