import { Readable } from 'node:stream';
import { CsvReader, type CsvOptions, type CsvRow } from './csv-reader';

async function read(
  content: string | Buffer | (string | Buffer)[],
  options: CsvOptions = {},
): Promise<{ reader: CsvReader; rows: CsvRow[] }> {
  const parts = Array.isArray(content) ? content : [content];
  const reader = await CsvReader.open(Readable.from(parts.map((part) => Buffer.from(part as string))), options);
  const rows: CsvRow[] = [];
  for await (const row of reader) rows.push(row);
  return { reader, rows };
}

describe('CsvReader', () => {
  it('numbers rows as an editor does, over CRLF, blank lines and quoted line breaks', async () => {
    const { rows } = await read('\uFEFFid,text\r\n1,"a\r\nb"\r\n\r\n2,c\r\n,\r\n3,d');
    expect(rows).toEqual([
      { line: 2, cells: { id: '1', text: 'a\nb' } },
      { line: 5, cells: { id: '2', text: 'c' } },
      { line: 7, cells: { id: '3', text: 'd' } },
    ]);
  });

  it.each([
    [';', 'id;text\n1;a,b\n'],
    ['\t', 'id\ttext\n1\ta,b\n'],
    ['|', 'id|text\n1|a,b\n'],
    [',', 'id,text\n1,"a,b"\n'],
    [';', '"id, really";text\n1;a\n'],
  ])('finds the delimiter %j', async (delimiter, content) => {
    expect((await read(content)).reader.delimiter).toBe(delimiter);
  });

  it('reads the same whatever way the bytes are cut', async () => {
    const bytes = Buffer.from('\uFEFFid,text\r\n1,"Rua do Paço\r\n67"\r\n2,é\r\n');
    const whole = (await read(bytes)).rows;
    for (let cut = 1; cut < bytes.length; cut++) {
      expect((await read([bytes.subarray(0, cut), bytes.subarray(cut)])).rows).toEqual(whole);
    }
  });

  it('reads UTF-16 with a byte order mark and refuses other bytes', async () => {
    const { rows } = await read(Buffer.from('\uFEFFid,text\n1,é\n', 'utf16le'));
    expect(rows[0].cells).toEqual({ id: '1', text: 'é' });
    await expect(read(Buffer.from('id,text\n1,\xe9\n', 'latin1'))).rejects.toMatchObject({ code: 'tabular.not-text' });
  });

  it('takes the null token and empty cells as absent', async () => {
    const { rows } = await read('a,b,c\nNULL,,x\n', { nullToken: 'NULL' });
    expect(rows[0].cells).toEqual({ a: null, b: null, c: 'x' });
  });

  it('takes a column of any name for a column', async () => {
    const { rows } = await read('__proto__,constructor\na,b\n');
    expect([rows[0].cells!['__proto__'], rows[0].cells!['constructor']]).toEqual(['a', 'b']);
    expect((await read('id\n1\n')).rows[0].cells!['toString']).toBeUndefined();
  });

  it('refuses a row with too many or too few cells, and mends unquoted commas when asked', async () => {
    const content = 'id,address,city\n1,Rua do Paço, 67,Rio\n2,Berlin\n3,a,b,c\n';
    const refused = await read(content);
    expect(refused.rows.map((row) => row.fault?.code)).toEqual(['column-count', 'column-count', 'column-count']);
    const mended = await read(content, { surplus: 'rejoin' });
    expect(mended.rows[0].cells).toEqual({ id: '1', address: 'Rua do Paço, 67', city: 'Rio' });
    expect(mended.rows.slice(1).map((row) => row.fault?.line)).toEqual([3, 4]);
    expect(mended.reader.rejoined).toBe(1);
  });

  it('keeps stray quotes as text and says where a quote stays open', async () => {
    const { rows } = await read('id,text\n1,5" disk\n2,"open\n3,x\n');
    expect(rows[0].cells?.text).toBe('5" disk');
    expect(rows[1].fault).toMatchObject({ line: 3, code: 'unclosed-quote' });
  });

  it('refuses an empty file and a column named twice', async () => {
    await expect(read('')).rejects.toMatchObject({ code: 'tabular.no-header' });
    await expect(read('a,b,a\n')).rejects.toMatchObject({ code: 'tabular.duplicate-column' });
  });

  it('fails when its source fails', async () => {
    const source = new Readable({
      read() {
        this.destroy(new Error('disk gone'));
      },
    });
    await expect(CsvReader.open(source)).rejects.toThrow('disk gone');
  });
});
