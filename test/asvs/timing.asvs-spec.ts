import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Answer } from '../support/client';
import { PASSWORD } from '../support/shop';
import { mannWhitney, median } from './statistics';
import { installation, rounds, type Installation } from './world';

type Class = 'exists' | 'absent' | 'locked' | 'disabled' | 'unverified';

/** A gap that nobody can use across a network: this many milliseconds, or this part of the answer's time. */
const GAP_MS = 5;
const GAP_PART = 0.05;
const LIKELY = 0.01;

describe('nothing tells whether there is an account', () => {
  let here: Installation;
  let admin: Client;
  const addresses: Record<Class, () => string> = {
    exists: () => '',
    absent: () => `absent-${randomUUID()}@example.com`,
    locked: () => '',
    disabled: () => '',
    unverified: () => '',
  };

  beforeAll(async () => {
    here = await installation();
    admin = new Client({ connectionString: here.database.superuserUrl });
    await admin.connect();
    const guest = here.at().as({ tenant: here.shop.slug });
    for (const name of ['exists', 'locked', 'disabled', 'unverified'] as const) {
      const email = `${name}-${randomUUID()}@example.com`;
      await guest.post('/auth/register', { email, password: PASSWORD, name: 'Person' });
      addresses[name] = () => email;
      if (name !== 'unverified')
        await admin.query('update identity.users set email_verified_at = now() where email = $1', [email]);
    }
    await admin.query(`update identity.users set status = 'disabled', closed_reason = 'operator' where email = $1`, [
      addresses.disabled(),
    ]);
    for (let i = 0; i < 8; i++)
      await guest.post('/auth/login', { email: addresses.locked(), password: 'wrong password here' });
  }, 180_000);
  afterAll(async () => {
    await admin.end();
    here.stop();
  });

  /** Counters of tries would make every class wait: they are cleared but for the one that is locked. */
  const forget = (): Promise<unknown> => admin.query(`delete from identity.throttles`);

  /** The address that was sent may come back: it is masked. */
  const told = (answer: Answer<Record<string, unknown>>, email: string): string => {
    const { requestId: _id, instance: _at, ...body } = answer.body;
    const fields = [...answer.headers.keys()]
      .filter((name) => !/^(?:date|x-request-id|ratelimit|server-timing|content-length|retry-after)/.test(name))
      .sort();
    return JSON.stringify([answer.status, body, fields]).replaceAll(email, '<address>');
  };

  async function compare(classes: readonly Class[], send: (email: string) => Promise<Answer>): Promise<void> {
    const count = rounds(300);
    const times = new Map<Class, number[]>(classes.map((name) => [name, []]));
    const words = new Map<Class, Set<string>>(classes.map((name) => [name, new Set()]));
    for (let i = 0; i < count + 5; i++)
      for (let k = 0; k < classes.length; k++) {
        // Interleaved, and each time in another order.
        const name = classes[(k + i) % classes.length];
        await forget();
        const email = addresses[name]();
        const from = process.hrtime.bigint();
        const answer = await send(email);
        const took = Number(process.hrtime.bigint() - from) / 1e6;
        if (i < 5) continue;
        times.get(name)!.push(took);
        words.get(name)!.add(told(answer, email));
      }
    const [first] = classes;
    for (const name of classes.slice(1)) {
      expect([name, [...words.get(name)!].sort()]).toEqual([name, [...words.get(first)!].sort()]);
      const [a, b] = [times.get(first)!, times.get(name)!];
      const gap = Math.abs(median(a) - median(b));
      const small = gap < GAP_MS || gap < GAP_PART * median(a);
      const p = mannWhitney(a, b);
      if (!small || p <= LIKELY)
        process.stderr.write(
          `    ${first} ${median(a).toFixed(2)} ms, ${name} ${median(b).toFixed(2)} ms, p ${p.toFixed(4)}\n`,
        );
      // Both as the acceptance asks: the samples look like one, and what is between the middles is of no use.
      expect({ name, small, alike: p > LIKELY }).toEqual({ name, small: true, alike: true });
    }
  }

  it('sign-in with a wrong password', async () => {
    await compare(['exists', 'absent', 'disabled', 'unverified'], (email) =>
      here.at().post('/auth/login', { email, password: 'quite the wrong password' }),
    );
  });

  it('registration', async () => {
    await compare(['exists', 'absent'], (email) =>
      here.at().as({ tenant: here.shop.slug }).post('/auth/register', { email, password: PASSWORD, name: 'Person' }),
    );
  });

  it('a forgotten password', async () => {
    await compare(['exists', 'absent', 'disabled', 'unverified'], (email) =>
      here.at().post('/auth/forgot-password', { email }),
    );
  });

  it('a verification mail that is asked for again', async () => {
    await compare(['exists', 'absent', 'unverified'], (email) =>
      here.at().post('/auth/resend-verification', { email }),
    );
  });
});
