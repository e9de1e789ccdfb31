import { Readable } from 'node:stream';
import { CsvReader } from './csv-reader';
import { csvFile, csvLines } from './csv-writer';

describe('csv writer', () => {
  it('keeps a spreadsheet from computing what a text says, and leaves numbers', () => {
    expect(csvLines([['=1+1', '+49 30', '-x', '@a', "'=a", -5, '-12.50', '-1+1', true, null]])).toBe(
      `'=1+1,'+49 30,'-x,'@a,''=a,-5,-12.50,'-1+1,true,\r\n`,
    );
  });

  it('writes what the reader reads back unchanged', async () => {
    const texts = ['=cmd|x', "'=quoted", "'plain", 'a,"b"\nc', 'é', '+1', "''-2"];
    async function* batches() {
      yield texts.map((text) => [text]);
    }
    const reader = await CsvReader.open(Readable.from(csvFile(['text'], batches())));
    const read: unknown[] = [];
    for await (const { cells } of reader) read.push(cells?.text);
    expect(read).toEqual(texts);
  });
});
