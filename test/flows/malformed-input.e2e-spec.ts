import { newId } from '../../src/kernel/ids/ids';
import type { TestClient } from '../support/client';
import { apiDocument, operations, type Operation } from '../support/openapi';
import { server } from '../support/server';
import { openShop } from '../support/shop';

/** What clients send by mistake and attackers on purpose, in place of a value. */
const WRONG: readonly unknown[] = [
  'x',
  {},
  -1,
  [],
  1e308,
  9007199254740993,
  0.5,
  true,
  '\u0000',
  '\ud800',
  '\uffff'.repeat(5_000),
  '2026-99-99T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c',
];
/** Sent in place of every value: what validators are most often blind to; undefined leaves it out. */
const ALWAYS: readonly unknown[] = [null, [[[]]], undefined];
const IN_QUERIES = ['\u0000', '-1', 'x'.repeat(2_000), '1e308', '2026-13-45', '0001-01-01', '[]', 'eyJ4IjoxfQ'];
const LAST_MOMENT = '9999-12-31T23:59:59Z';
/** ISO 8601 that is no RFC 3339: JavaScript reads neither, and validators of the former take both. */
const OTHER_MOMENTS = ['2026-W10-1T08:15:00Z', '2026-060T08:15:00Z'];
const IN_PATHS = ['x', '\u0000', '%', 'a'.repeat(3_000)];
const BODIES = ['[]', '"x"', 'null', '{', '{"__proto__":{"a":1}}', '', '{"a":1}{'];
/** They would end the session of the caller, or move the clock of everybody. */
const NOT_SENT = /^(?:logout|switch|moveClock|closeAccount|deleteAccount|disable)|Clock$/i;
/** All wrong values in each place, some twenty thousand calls; `npm test` sends the deadliest and takes turns with the rest. */
const ALL = process.env.MAINSTAY_FUZZ === 'all';
const AT_ONCE = 12;

interface Call {
  operation: Operation;
  at: string;
  body?: string;
  what: string;
}

/** The example with one value in it replaced, for each value at any depth; the first element of a list stands for all. */
function* replacing(
  value: unknown,
  by: (member: unknown) => readonly unknown[],
  where = '',
): Generator<[string, unknown]> {
  if (typeof value !== 'object' || value === null) return;
  const members = Array.isArray(value) ? Object.entries(value).slice(0, 1) : Object.entries(value);
  for (const [name, member] of members) {
    const put = (other: unknown): unknown =>
      Array.isArray(value) ? [other, ...(value as unknown[]).slice(1)] : { ...value, [name]: other };
    for (const wrong of by(member))
      yield [`${where}/${name} = ${String(JSON.stringify(wrong)).slice(0, 60)}`, put(wrong)];
    for (const [place, inner] of replacing(member, by, `${where}/${name}`)) yield [place, put(inner)];
  }
}

function callsOf(operation: Operation, turn: () => number): Call[] {
  const calls: Call[] = [];
  const path = (id: string): string =>
    operation.path.replace(/\{\w+\}/g, () => encodeURIComponent(id)).replace(/^(?!\/api)/, '/');
  const some = (values: readonly unknown[], many: number): readonly unknown[] =>
    ALL ? values : Array.from({ length: many }, () => values[turn() % values.length]);
  const plain = path(newId());
  const example = operation.contents['application/json']?.example;
  const whole = example === undefined ? undefined : JSON.stringify(example);
  if (operation.path.includes('{'))
    for (const id of some(IN_PATHS, 2) as string[])
      calls.push({ operation, at: path(id), body: whole, what: `path ${id.slice(0, 20)}` });
  for (const { name } of operation.parameters.filter((parameter) => parameter.in === 'query')) {
    const values = [
      ...some(IN_QUERIES, 2),
      ...(/from|to|at|since|until|date/i.test(name) ? [LAST_MOMENT, ...some(OTHER_MOMENTS, 1)] : []),
    ];
    for (const value of values as string[])
      calls.push({
        operation,
        at: `${plain}?${new URLSearchParams({ [name]: value }).toString()}`,
        body: whole,
        what: `${name}=${value.slice(0, 40)}`,
      });
  }
  if (example === undefined) return calls;
  for (const body of some(BODIES, 2) as string[]) calls.push({ operation, at: plain, body, what: `body ${body}` });
  const wrong = (member: unknown): readonly unknown[] => [
    ...ALWAYS,
    ...some(WRONG, 1),
    ...(/^\d{4}-\d\d-\d\dT/.test(String(member)) ? some(OTHER_MOMENTS, 1) : []),
  ];
  for (const [what, body] of replacing(example, wrong))
    calls.push({ operation, at: plain, body: JSON.stringify(body), what });
  return calls;
}

describe('malformed input, over every operation of the API', () => {
  it('is never an internal error', async () => {
    const { url } = await server();
    const shop = await openShop(url, 'Malformed');
    let turns = 0;
    const calls = operations(apiDocument())
      .filter(({ id }) => !NOT_SENT.test(id))
      .flatMap((operation) => callsOf(operation, () => turns++));
    const faults: string[] = [];
    const statuses = new Map<number, number>();
    const send = async (client: TestClient, { operation, at, body, what }: Call): Promise<void> => {
      const headers = body === undefined ? undefined : { 'content-type': 'application/json' };
      const answer = await client.call(operation.method, at, body, { key: newId(), headers });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      if (answer.status >= 500) faults.push(`${operation.id}, ${what}: ${answer.status} ${answer.text.slice(0, 160)}`);
    };
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < calls.length) await send(shop.asOwner, calls[next++]);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    expect(faults).toEqual([]);
    // Most were judged by the product itself: neither without a session nor slowed down.
    expect((statuses.get(401) ?? 0) + (statuses.get(429) ?? 0)).toBeLessThan(calls.length / 10);
    expect(statuses.get(400) ?? 0).toBeGreaterThan(calls.length / 3);
    if (ALL) console.info(`${calls.length} calls`, Object.fromEntries(statuses));
  }, 600_000);
});
