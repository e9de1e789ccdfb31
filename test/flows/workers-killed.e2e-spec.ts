import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import path from 'node:path';
import { Module } from '@nestjs/common';
import { Client } from 'pg';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { DomainEvent } from '../../src/kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../src/kernel/messaging/reaction';
import { asTenant, testApp } from '../support/app';
import { CACHE, testDatabase, type TestDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';
import { ROOT } from '../support/process';

class Counted extends DomainEvent<{ n: number }> {
  static override readonly type = 'counting.counted.v1';
}

// Here they are only known, so that events are delivered to them; they run in `test/support/delivery-worker.cjs`.
@Reaction({ name: 'counting.first', on: Counted })
class First implements Reacts<Counted> {
  react = (): Promise<void> => Promise.reject(new Error('runs elsewhere'));
}
@Reaction({ name: 'counting.second', on: Counted })
class Second implements Reacts<Counted> {
  react = (): Promise<void> => Promise.reject(new Error('runs elsewhere'));
}
@Module({ providers: [First, Second] })
class CountingModule {}

const WALL = `tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid`;

describe('worker processes that are killed by SIGKILL', () => {
  const running = new Set<ChildProcess>();
  afterEach(() => running.forEach((child) => child.kill('SIGKILL')));

  /** @returns the process, and how it ended */
  function worker(database: TestDatabase, ...args: string[]): { child: ChildProcess; ended: Promise<string | null> } {
    const child = spawn(process.execPath, [path.join(ROOT, 'test/support/delivery-worker.cjs'), ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'test',
        LOG_LEVEL: 'silent',
        DATABASE_URL: database.appUrl,
        MAINSTAY_OWNER_DATABASE_URL: database.ownerUrl,
        MAINSTAY_DATA_DIR: path.join(CACHE, 'test-data'),
      },
    });
    running.add(child);
    const ended = new Promise<string | null>((resolve) =>
      child.once('exit', (_code, signal) => {
        running.delete(child);
        resolve(signal);
      }),
    );
    return { child, ended };
  }

  it('leave each effect to happen exactly once: 300 events, two reactions, failing handlers', async () => {
    const database = await testDatabase({ fresh: true, label: 'killed' });
    const sql = new Client({ connectionString: database.superuserUrl });
    await sql.connect();
    await sql.query(`create schema counting; grant usage on schema counting to mainstay_app;
      create table counting.effects (tenant_id uuid, id uuid, event_id uuid, reaction text, primary key (tenant_id, id));
      alter table counting.effects enable row level security; alter table counting.effects force row level security;
      create policy p on counting.effects using (${WALL}) with check (${WALL}); grant all on counting.effects to mainstay_app`);
    const app = await testApp([CountingModule], { database, env: { LOG_LEVEL: 'silent' } });
    try {
      for (const tenant of Array.from({ length: 5 }, newId))
        await asTenant(tenant, () =>
          app.get(UnitOfWork).run(async (tx) => {
            for (let n = 0; n < 60; n++) tx.record(new Counted(newId(), { n }));
          }),
        );
      const left = async (): Promise<number> => {
        // Failed tries need not wait out their back-off here.
        await sql.query(`update kernel.deliveries set due_at = now() where state = 'pending' and due_at > now()`);
        return (await sql.query('select 1 from kernel.deliveries')).rowCount!;
      };
      expect(await left()).toBe(600);
      const ends: (string | null)[] = [];
      for (let round = 0; round < 3; round++) {
        const deadly = ['before', 'after', 'committed'].map((at) => worker(database, at, String(randomInt(1, 20))));
        ends.push(...(await Promise.all(deadly.map(({ ended }) => ended))));
        await left();
      }
      expect(ends).toEqual(Array.from({ length: 9 }, () => 'SIGKILL'));
      expect(await left()).toBeGreaterThan(0);
      worker(database, 'never');
      worker(database, 'never');
      await eventually(async () => (await left()) === 0, { timeoutMs: 60_000, everyMs: 100 });
      const { rows } = await sql.query(
        `select count(*)::int as effects, count(distinct (event_id, reaction))::int as different from counting.effects`,
      );
      expect(rows).toEqual([{ effects: 600, different: 600 }]);
    } finally {
      await app.close();
      await sql.end();
    }
  }, 180_000);
});
