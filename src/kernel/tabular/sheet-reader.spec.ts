import { Readable } from 'node:stream';
import type { FieldSet } from './fields';
import { parseProfile } from './profile';
import { SheetReader, type SheetRow } from './sheet-reader';

const FIELDS = {
  code: { type: 'text', required: true, maxLength: 6 },
  price: { type: 'money', required: true, min: 0 },
  currency: { type: 'currency', required: true },
  group: { type: 'text' },
  active: { type: 'boolean' },
  since: { type: 'date' },
  share: { type: 'rate' },
  count: { type: 'integer', min: 0, max: 9 },
  mail: { type: 'email' },
} as const satisfies FieldSet;

const profile = (columns: object, more: object = {}) =>
  parseProfile(
    JSON.stringify({
      name: 'test',
      nullToken: 'NULL',
      currency: 'EUR',
      maps: { words: { ja: 'true', nein: 'false' } },
      ...more,
      sheets: [
        {
          entity: 'things',
          file: 'things.csv',
          joins: { group: { file: 'groups.csv', column: 'groupId', key: 'id' } },
          columns,
        },
      ],
    }),
  );
const COLUMNS = {
  code: { template: 'T-{id}' },
  price: 'price',
  group: 'group.name',
  active: { from: 'active', map: 'words' },
};
const GROUPS = 'id,name\n1,Drinks\n2,NULL\n';

async function read(files: Record<string, string>, mapping = profile(COLUMNS)) {
  const reader = await SheetReader.open({
    profile: mapping,
    part: mapping.sheets[0],
    fields: FIELDS,
    open: async (name) => (files[name] === undefined ? null : Readable.from([Buffer.from(files[name])])),
  });
  const rows: SheetRow<typeof FIELDS>[] = [];
  for await (const row of reader!) rows.push(row);
  return { reader: reader!, rows };
}

describe('SheetReader', () => {
  it('fills fields by column, template, value map and joined file', async () => {
    const { rows } = await read({
      'things.csv': 'id,price,groupId,active\n7,12.50,1,ja\n8,1,2,nein\n9,1,,ja\n',
      'groups.csv': GROUPS,
    });
    expect(rows.map((row) => row.row)).toEqual([
      { line: 2, code: 'T-7', currency: 'EUR', price: 1250, group: 'Drinks', active: true },
      { line: 3, code: 'T-8', currency: 'EUR', price: 100, group: null, active: false },
      { line: 4, code: 'T-9', currency: 'EUR', price: 100, group: null, active: true },
    ]);
  });

  it('leaves alone what an absent file would say, and warns', async () => {
    const { rows, reader } = await read({ 'things.csv': 'id,price,groupId,active\n7,1,1,ja\n' });
    expect(rows[0].row).not.toHaveProperty('group');
    expect(reader.warnings).toHaveLength(1);
  });

  it('says of every wrong cell its line, its column as the file names it, and why', async () => {
    const { rows } = await read({
      'things.csv': 'id,price,groupId,active\n7,abc,9,maybe\n12345,1.234,1,\nNULL,,1,ja\n',
      'groups.csv': GROUPS,
    });
    expect(rows.map((row) => row.faults?.map((fault) => [fault.line, fault.column, fault.code]))).toEqual([
      [
        [2, 'groupId', 'unknown-reference'],
        [2, 'price', 'not-an-amount'],
        [2, 'active', 'not-a-boolean'],
      ],
      [
        [3, 'id', 'too-long'],
        [3, 'price', 'not-an-amount'],
      ],
      [
        [4, 'id', 'required'],
        [4, 'price', 'required'],
      ],
    ]);
  });

  it('shows of long numbers the last four digits alone', async () => {
    const { rows } = await read({
      'things.csv': 'id,price,groupId,active\n7,7004 1234-5678 9041 82,700412345678904182,12345678901\n',
      'groups.csv': GROUPS,
    });
    expect(rows[0].faults!.map(({ reason }) => reason)).toEqual([
      '"**************4182" is not in groups.csv.',
      expect.stringContaining('"**** ****-**** ***1 82"'),
      expect.stringContaining('"12345678901"'),
    ]);
  });

  it('reads amounts in the currency of their row and with a decimal comma', async () => {
    const mapping = profile({ code: 'id', price: 'price', currency: 'cur' }, { decimal: ',' });
    mapping.sheets[0].joins = undefined;
    const { rows } = await read({ 'things.csv': 'id;price;cur\na;1,5;EUR\nb;15;JPY\nc;1,5;JPY\nd;1;XXQ\n' }, mapping);
    expect(rows.map((row) => row.row?.price ?? row.faults![0].code)).toEqual([
      150,
      15,
      'not-an-amount',
      'unknown-currency',
    ]);
  });

  it.each([
    ['since', '1996-07-04 00:00:00.000', '1996-07-04T00:00:00.000Z'],
    ['since', '1996-07-04', '1996-07-04T00:00:00.000Z'],
    ['since', '1996-07-04T12:00:00+02:00', '1996-07-04T10:00:00.000Z'],
    ['since', '1996-02-30', 'not-a-date'],
    ['since', '04.07.1996', 'not-a-date'],
    ['share', '0.15', 1500],
    ['share', '.0475', 475],
    ['share', '1', 10000],
    ['share', '1.01', 'out-of-range'],
    ['share', '0.00001', 'not-a-rate'],
    ['count', '10', 'out-of-range'],
    ['count', '1.5', 'not-a-number'],
    ['mail', 'a@example.com', 'a@example.com'],
    ['mail', 'a@example', 'not-an-email'],
  ])('reads %s %j as %j', async (field, text, expected) => {
    const mapping = profile({ code: 'id', price: 'price', [field]: 'x' });
    mapping.sheets[0].joins = undefined;
    const { rows } = await read({ 'things.csv': `id,price,x\na,1,"${text}"\n` }, mapping);
    expect((rows[0].row as Record<string, unknown> | undefined)?.[field] ?? rows[0].faults![0].code).toBe(expected);
  });

  it('says what the header lacks and what the mapping fills in vain', async () => {
    const { reader } = await read(
      { 'things.csv': 'id,groupId,active\n', 'groups.csv': GROUPS },
      profile({ ...COLUMNS, colour: 'id' }),
    );
    expect(reader.headerFaults.map((fault) => [fault.column, fault.code])).toEqual([
      ['price', 'missing-column'],
      ['colour', 'unknown-field'],
    ]);
  });

  it('refuses a profile that is none', () => {
    expect(() => parseProfile('{')).toThrow('tabular.bad-profile');
    expect(() => profile({ code: { from: 'a', value: 'b' } })).toThrow('exactly one');
    expect(() => profile({ code: { from: 'a', map: 'nothing' } })).toThrow('names a map that is not there');
  });

  it('reads of cards the last four digits alone, decimals, and times of a zone', async () => {
    const fields = {
      card: { type: 'card', required: true },
      litres: { type: 'decimal', min: 0 },
      at: { type: 'date' },
    } as const satisfies FieldSet;
    const mapping = parseProfile(
      JSON.stringify({
        ...{ name: 'cards', decimal: ',', timeZone: 'Europe/Vienna', dateOrder: 'dmy' },
        sheets: [{ entity: 'cards', file: 'c.csv', columns: { card: 'card', litres: 'litres', at: 'at' } }],
      }),
    );
    const lines = [
      '7004 1234 5678 4182;52,345;28.03.2026 23:30',
      '4242424242424242;1;2026-03-29 23:30',
      '**** **** 0007;;2026-03-29T23:30Z',
      'no card 12;x;31.02.2026',
      '1234567890123456789012345678901234567890123;-1;',
    ];
    const open = async () => Readable.from([Buffer.from(`card;litres;at\n${lines.join('\n')}\n`)]);
    const reader = await SheetReader.open({ profile: mapping, part: mapping.sheets[0], fields, open });
    const found: SheetRow<typeof fields>[] = [];
    for await (const row of reader!) found.push(row);
    expect(found.slice(0, 3).map(({ row }) => row)).toEqual([
      { line: 2, card: '4182', litres: 52.345, at: '2026-03-28T22:30:00.000Z' },
      { line: 3, card: '4242', litres: 1, at: '2026-03-29T21:30:00.000Z' },
      { line: 4, card: '0007', litres: null, at: '2026-03-29T23:30:00.000Z' },
    ]);
    expect(found.slice(3).map(({ faults }) => faults!.map(({ column, code }) => [column, code]))).toEqual([
      [
        ['card', 'not-a-card'],
        ['litres', 'not-a-number'],
        ['at', 'not-a-date'],
      ],
      [
        ['card', 'not-a-card'],
        ['litres', 'out-of-range'],
      ],
    ]);
    expect(JSON.stringify(found)).not.toMatch(/7004|1234567/);
    expect(() => parseProfile(JSON.stringify({ ...mapping, timeZone: 'Mars/Base' }))).toThrow('time zone');
  });
});
