import { randomUUID } from 'node:crypto';
import { expectStatus, TestClient, type Answer } from '../support/client';
import { testDatabase, type TestDatabase } from '../support/cluster';
import { startServer, type TestServer } from '../support/server';
import { openShop, PASSWORD, type Login, type Shop } from '../support/shop';

/** `npm run asvs -- --quick` takes a tenth of the rounds. */
export const rounds = (full: number): number => (process.env.ASVS_QUICK === 'true' ? Math.ceil(full / 10) : full);

/** Passwords cost what they cost in production, since times are compared. */
const AS_SERVED = { MAINSTAY_HASH_MEMORY_KIB: '19456' };

export interface Installation {
  database: TestDatabase;
  /** Processes of the built product over one database. */
  servers: TestServer[];
  shop: Shop;
  at(process?: number): TestClient;
  logIn(process?: number, headers?: Record<string, string>): Promise<Login>;
  stop(): void;
}

/** A database of its own with some processes, so that moving the clock and killing disturb nobody. */
export async function installation(processes = 1, env: Record<string, string> = {}): Promise<Installation> {
  const database = await testDatabase({ fresh: true });
  const servers: TestServer[] = [];
  const name = `asvs-${randomUUID().slice(0, 8)}`;
  for (let i = 0; i < processes; i++)
    servers.push(await startServer({ database, name: `${name}-${i}`, env: { ...AS_SERVED, ...env } }));
  const shop = await openShop(servers[0].url, 'Assured');
  const at = (process = 0): TestClient => new TestClient(servers[process].url);
  return {
    database,
    servers,
    shop,
    at,
    logIn: async (process = 0, headers = {}) =>
      expectStatus(
        await at(process).post<Login>('/auth/login', { email: shop.owner.user.email, password: PASSWORD }, { headers }),
        200,
      ),
    stop: () => {
      for (const { pid } of servers) {
        try {
          process.kill(pid, 'SIGTERM');
        } catch {
          // Ended already.
        }
      }
    },
  };
}

/** Runs `work` `count` times, `width` at once. */
export async function many<T>(count: number, width: number, work: (i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const i = next++;
      results[i] = await work(i);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

export const statusOf = async (answer: Promise<Answer<unknown>>): Promise<number> => (await answer).status;
