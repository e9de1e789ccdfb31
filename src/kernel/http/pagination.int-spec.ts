import { randomInt } from 'node:crypto';
import { testApp, type TestApp } from '../../../test/support/app';
import { runInContext } from '../context/request-context';
import { Database } from '../database/database';
import { newId } from '../ids/ids';
import { keyset, LargeListQuery, type Page } from './pagination';

interface Row {
  id: string;
  name: string;
  at: string;
  rank: number | null;
}

// A list over values: what matters is how PostgreSQL compares, not where the rows come from.
const NAMES = ['ape', 'Bee', 'bee', 'cat', 'äpfel'];
const rows: Row[] = Array.from({ length: 237 }, (_, i) => ({
  id: newId(),
  name: NAMES[randomInt(NAMES.length)],
  // Many rows within one millisecond, told apart by microseconds or not at all.
  at: `2026-03-01T12:00:00.${String(randomInt(3)).padStart(3, '0')}${String(randomInt(4)).padStart(3, '0')}Z`,
  rank: i % 3 === 0 ? null : randomInt(5),
}));
const FROM = `jsonb_to_recordset($1::jsonb) as t(id uuid, name text, at timestamptz, rank int)`;

const THINGS = keyset({
  id: 't.id',
  sorts: {
    at: { sql: 't.at', type: 'timestamptz' },
    name: { sql: 't.name', type: 'text' },
    rank: { sql: 't.rank', type: 'int', nullable: true },
  },
  defaultSort: '-at',
  filters: {
    name: { sql: 't.name', type: 'text' },
    at: { sql: 't.at', type: 'timestamptz' },
    even: (value: boolean, place) => `(t.rank % 2 = 0) = ${place(value, 'boolean')}`,
  },
  fields: ['id', 'name', 'rank'],
});

let app: TestApp;
beforeAll(async () => {
  app = await testApp([]);
});
afterAll(() => app.close());

const page = (query: Partial<LargeListQuery> & Record<string, unknown>): Promise<Page<Row>> =>
  runInContext({ tenantId: newId() }, () =>
    THINGS.run<Row, Row>(app.get(Database), Object.assign(new LargeListQuery(), query), {
      select: 't.id, t.name, t.rank',
      from: FROM,
      where: 'true',
      params: [JSON.stringify(rows)],
      map: ({ id, name, rank }) => ({ id, name, rank }) as Row,
    }),
  );

async function walk(query: Record<string, unknown>): Promise<Row[]> {
  const found: Row[] = [];
  let cursor: string | undefined;
  do {
    const next: Page<Row> = await page({ ...query, cursor });
    found.push(...next.data);
    expect(next.page.hasMore).toBe(next.page.nextCursor !== null);
    cursor = next.page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

describe('keyset pages', () => {
  const sorts = [
    '-at',
    'at',
    'name',
    '-name,at',
    'rank',
    '-rank',
    'rank,-name',
    '-rank,rank'.slice(0, 5) + ',-at,name',
    'id',
    '-id',
  ];
  it.each(sorts)('visit every row once in the order of one big page: sort=%s', async (sort) => {
    const whole = THINGS.list(Object.assign(new LargeListQuery(), { sort, limit: 100 }), [JSON.stringify(rows)]);
    const expected = await runInContext({ tenantId: newId() }, () =>
      app.get(Database).read<Row>(`select t.id from ${FROM} where true ${whole.orderBy}`, [JSON.stringify(rows)]),
    );
    for (const limit of [1, 7, 100]) {
      if (limit === 1 && sort !== '-rank') continue;
      expect((await walk({ sort, limit })).map((row) => row.id)).toEqual(expected.map((row) => row.id));
    }
  });

  it('filter by value, values, bounds and a condition of its own', async () => {
    const ids = (found: Row[]): string[] => found.map((row) => row.id).sort();
    const expected = (test: (row: Row) => boolean): string[] =>
      rows
        .filter(test)
        .map((row) => row.id)
        .sort();
    expect(ids(await walk({ name: 'bee' }))).toEqual(expected((row) => row.name === 'bee'));
    expect(ids(await walk({ name: ['ape', 'cat'] }))).toEqual(
      expected((row) => row.name === 'ape' || row.name === 'cat'),
    );
    const bounds = { gte: '2026-03-01T12:00:00.001Z', lt: '2026-03-01T12:00:00.001002Z' };
    expect(ids(await walk({ at: bounds }))).toEqual(
      expected((row) => row.at >= '2026-03-01T12:00:00.001000Z' && row.at < '2026-03-01T12:00:00.001002Z'),
    );
    expect(ids(await walk({ even: true }))).toEqual(expected((row) => row.rank !== null && row.rank % 2 === 0));
  });

  it('count and narrow where asked', async () => {
    const counted = await page({ limit: 2, count: 'exact', name: 'cat', fields: 'name,id' });
    expect(counted.page.total).toBe(rows.filter((row) => row.name === 'cat').length);
    expect(Object.keys(counted.data[0])).toEqual(['name', 'id']);
  });

  it('refuse a cursor of another sort, filter or maker', async () => {
    const { nextCursor } = (await page({ limit: 5 })).page;
    const code = (query: Record<string, unknown>): Promise<string> =>
      page(query).then(
        () => 'accepted',
        (error: { code: string }) => error.code,
      );
    expect(await code({ limit: 9, cursor: nextCursor })).toBe('accepted');
    expect(await code({ cursor: nextCursor, sort: 'at' })).toBe('pagination.cursor-mismatch');
    expect(await code({ cursor: nextCursor, name: 'cat' })).toBe('pagination.cursor-mismatch');
    for (const rubbish of ['x', 'bnVsbA', Buffer.from('[1,"a",[],"b"]').toString('base64url'), 'e30']) {
      expect(await code({ cursor: rubbish })).toMatch(/^pagination\.cursor-/);
    }
    const [version, binding, , id] = JSON.parse(Buffer.from(nextCursor!, 'base64url').toString()) as unknown[];
    const forged = (values: unknown[], to = id): string =>
      Buffer.from(JSON.stringify([version, binding, values, to])).toString('base64url');
    for (const bad of [
      forged(["x'; drop table"]),
      forged([]),
      forged([1]),
      forged(['2026-03-01T12:00:00.000000Z'], 'x'),
    ]) {
      expect(await code({ cursor: bad })).toBe('pagination.cursor-invalid');
    }
    expect(await code({ sort: 'nmae' })).toBe('request.invalid');
    expect(await code({ fields: 'secret' })).toBe('request.invalid');
  });
});
