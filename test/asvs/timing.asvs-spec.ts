import { randomInt, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Answer, TestClient } from '../support/client';
import { PASSWORD } from '../support/shop';
import { mannWhitney, median, signedRank } from './statistics';
import { installation, rounds, type Installation } from './world';

const CLASSES = ['exists', 'absent', 'locked', 'disabled', 'unverified'] as const;
type Class = (typeof CLASSES)[number];

/** A gap that nobody can use across a network: this many milliseconds, or this part of the answer's time. */
const GAP_MS = 5;
const GAP_PART = 0.05;
/** Chance of a false alarm over all comparisons of this file; each gets its part of it (Bonferroni). */
const FALSE_ALARM = 0.01;
const DOORS = 7;
const LIKELY = FALSE_ALARM / (DOORS * (CLASSES.length - 1));

/**
 * Every door that an address is told at, with one request for each state of an account, in blocks of random order: what
 * loads the machine loads a whole block, and what one request leaves behind falls on each class alike. Compared are status,
 * body, fields, the letters of each, and within the blocks the times. What looks different is measured once more with
 * fresh samples, and fails when it does again.
 */
describe('nothing tells whether there is an account', () => {
  let here: Installation;
  let admin: Client;
  let lockedKeys: Buffer[] = [];
  const fixed = new Map<Class, string>();
  /** Of one length. Nobody has the absent one: it is another each time, since a registration would make it known. */
  const address = (name: string): string => `${name.padEnd(12, '-')}${randomUUID()}@example.com`;
  const of = (name: Class): string => fixed.get(name) ?? address(name);

  beforeAll(async () => {
    // The doors take minutes, and those of the owner ask for a fresh proof besides.
    here = await installation(1, { MAINSTAY_ACCESS_TOKEN_SECONDS: '7200' });
    admin = new Client({ connectionString: here.database.superuserUrl });
    await admin.connect();
    const guest = here.at().as({ tenant: here.shop.slug });
    for (const name of CLASSES) if (name !== 'absent') fixed.set(name, address(name));
    for (const email of fixed.values())
      await guest.post('/auth/register', { email, password: PASSWORD, name: 'Person' });
    const settled = `select count(*)::int as n from identity.users where email = any($1)`;
    while ((await admin.query<{ n: number }>(settled, [[...fixed.values()]])).rows[0].n < fixed.size);
    await admin.query('update identity.users set email_verified_at = now() where email = any($1)', [
      CLASSES.filter((name) => name !== 'unverified').map(of),
    ]);
    await admin.query(`update identity.users set status = 'disabled', closed_reason = 'operator' where email = $1`, [
      of('disabled'),
    ]);
    await admin.query('delete from identity.throttles');
    for (let i = 0; i < 8; i++) await guest.post('/auth/login', { email: of('locked'), password: 'wrong password' });
    const { rows } = await admin.query<{ key: Buffer }>(
      `update identity.throttles set waits_until = waits_until + interval '1 day' where waits_until is not null returning key`,
    );
    lockedKeys = rows.map(({ key }) => key);
    expect(lockedKeys).toHaveLength(1);
  }, 180_000);
  afterAll(async () => {
    await admin.end();
    here.stop();
  });

  /** Counters of tries and of mails would make every class wait: they are cleared, but for the account that is locked. */
  const forget = async (): Promise<void> => {
    await admin.query('delete from identity.throttles where key <> all($1)', [lockedKeys]);
    await admin.query('delete from organizations.invitations');
  };

  /** All that an answer says; the address that was sent and what is made for each answer are masked. */
  const told = (answer: Answer<Record<string, unknown>>, email: string): string => {
    const fields = [...answer.headers.keys()].filter((name) => !/^(?:date|server-timing|content-length)$/.test(name));
    const body = answer.text
      .replaceAll(email, '<address>')
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
      .replace(/"(challenge)":"[^"]+"/g, '"$1":"<once>"')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
    return JSON.stringify([answer.status, body, fields.sort()]);
  };

  type Samples = { name: Class; took: number }[][];

  async function measure(send: (email: string) => Promise<Answer>, status: number): Promise<Samples> {
    const blocks: Samples = [];
    const words = new Map<Class, Set<string>>(CLASSES.map((name) => [name, new Set()]));
    const warmUp = 8;
    for (let i = 0; i < rounds(300) + warmUp; i++) {
      const order = [...CLASSES];
      for (let k = order.length - 1; k > 0; k--) {
        const other = randomInt(k + 1);
        [order[k], order[other]] = [order[other], order[k]];
      }
      const block: Samples[number] = [];
      for (const name of order) {
        await forget();
        const email = of(name);
        const from = process.hrtime.bigint();
        const answer = await send(email);
        block.push({ name, took: Number(process.hrtime.bigint() - from) / 1e6 });
        expect([name, answer.status]).toEqual([name, status]);
        words.get(name)!.add(told(answer, email));
      }
      if (i >= warmUp) blocks.push(block);
    }
    for (const name of CLASSES) expect([name, [...words.get(name)!]]).toEqual([name, [...words.get('exists')!]]);
    return blocks;
  }

  /** Which classes take another time than an account that exists, and how much. */
  function different(blocks: Samples): string[] {
    const times = (name: Class): number[] => blocks.map((block) => block.find((one) => one.name === name)!.took);
    const known = times('exists');
    return CLASSES.slice(1).flatMap((name) => {
      const others = times(name);
      const pairs = known.map((took, i) => took - others[i]);
      const gap = Math.abs(median(pairs));
      const small = gap < GAP_MS || gap < GAP_PART * median(known);
      const { p, effect } = signedRank(pairs);
      const apart = mannWhitney(known, others);
      if (small && Math.min(p, apart) > LIKELY) return [];
      const numbers = `${median(known).toFixed(2)} and ${median(others).toFixed(2)} ms, in pairs ${median(pairs).toFixed(2)} ms`;
      return [
        `exists, ${name}: ${numbers}, p ${p.toExponential(1)}, effect ${effect.toFixed(2)}, rank sum p ${apart.toExponential(1)}`,
      ];
    });
  }

  async function compare(send: (email: string) => Promise<Answer>, status: number): Promise<void> {
    const first = different(await measure(send, status));
    if (first.length === 0) return;
    process.stderr.write(`    once more, since it looked different: ${first.join('; ')}\n`);
    const names = (lines: string[]): string[] => lines.map((line) => line.split(':')[0]);
    const second = different(await measure(send, status));
    expect(second.filter((line) => names(first).includes(line.split(':')[0]))).toEqual([]);
  }

  let owner: TestClient;
  beforeEach(async () => {
    owner = here.at().as({ token: (await here.logIn()).accessToken });
  });
  const guest = () => here.at().as({ tenant: here.shop.slug });
  const doors: [string, number, (email: string) => Promise<Answer>][] = [
    [
      'sign-in with a wrong password',
      401,
      (email) => here.at().post('/auth/login', { email, password: 'quite the wrong password' }),
    ],
    ['registration', 201, (email) => guest().post('/auth/register', { email, password: PASSWORD, name: 'Person' })],
    ['a forgotten password', 200, (email) => here.at().post('/auth/forgot-password', { email })],
    [
      'a verification mail that is asked for again',
      200,
      (email) => here.at().post('/auth/verify-email/resend', { email }),
    ],
    ['an invitation', 201, (email) => owner.post('/invitations', { email, role: 'staff' })],
    ['options of a passkey', 200, (email) => here.at().post('/auth/passkeys/login/options', { email })],
    [
      'a person whom an administrator asks to join',
      202,
      (email) => owner.post('/users', { email, name: 'Person', role: 'staff' }),
    ],
  ];
  it.each(doors)('%s', (_name, status, send) => compare(send, status));
});
