import { randomInt } from 'node:crypto';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { Client } from 'pg';
import { PLATFORM_TENANT } from '../../src/kernel/context/request-context';
import type { Transaction } from '../../src/kernel/database/transaction';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import type { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { DomainEvent, type StoredEvent } from '../../src/kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../src/kernel/messaging/reaction';
import { asTenant, testApp, type TestApp } from '../support/app';
import { testDatabase, type TestDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';

class Counted extends DomainEvent<{ n: number }> {
  static override readonly type = 'counting.counted.v1';
}

/** How often each (event, reaction) still has to fail before it may succeed. */
const failures = new Map<string, number>();

async function effect(tx: Transaction, event: StoredEvent<Counted>, name: string): Promise<void> {
  await tx.execute('insert into counting.effects (tenant_id, id, event_id, reaction) values ($1, $2, $3, $4)', [
    tx.tenantId,
    newId(),
    event.id,
    name,
  ]);
  const left = failures.get(event.id + name) ?? 0;
  failures.set(event.id + name, left - 1);
  if (left > 0) throw new Error('planted failure');
}

@Reaction({ name: 'counting.first', on: Counted })
class First implements Reacts<Counted> {
  react = (event: StoredEvent<Counted>, tx: Transaction): Promise<void> => effect(tx, event, 'first');
}

@Reaction({ name: 'counting.second', on: Counted })
class Second implements Reacts<Counted> {
  react = (event: StoredEvent<Counted>, tx: Transaction): Promise<void> => effect(tx, event, 'second');
}

@Module({ providers: [First, Second] })
class CountingModule {}

const WALL = `tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid`;

export interface Outcome {
  /** Effects that happened other than exactly once. */
  wrong: number;
  effects: number;
  left: number;
  kills: number;
}

/**
 * 300 events with two reactions each over five tenants, a tenth of the reactions failing once, worked by three workers
 * whose database connections are killed at random while they work (to the database that is what SIGKILL of a worker is).
 * @param Worker the worker under test: Mainstay's own, or a naive one
 */
export async function deliveriesUnderKills(Worker: Type<Pick<DeliveryWorker, 'start' | 'stop'>>): Promise<Outcome> {
  failures.clear();
  const database = await testDatabase({ fresh: true });
  const admin = await prepare(database);
  const replaced: DynamicModule = { module: class WorkerModule {}, providers: [Worker], exports: [Worker] };
  const apps: TestApp[] = [];
  for (let i = 0; i < 3; i++)
    apps.push(await testApp([CountingModule, replaced], { database, env: { LOG_LEVEL: 'silent' } }));
  const workers = apps.map((app) => app.get(Worker));
  await say(apps[0]);
  let kills = 0;
  const assassin = new Client({ connectionString: database.superuserUrl });
  await assassin.connect();
  let aiming = false;
  for (const worker of workers) worker.start();
  try {
    const killer = setInterval(() => {
      if (aiming) return;
      aiming = true;
      void assassin
        .query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'mainstay'
          and state <> 'idle' order by random() limit 1`,
        )
        .then((result) => (kills += result.rowCount ?? 0))
        .catch(() => undefined)
        .finally(() => (aiming = false));
    }, 15);
    await eventually(
      async () => {
        // Failed tries need not wait out their back-off here.
        await admin.query(
          `update kernel.deliveries set due_at = now() where state = 'pending' and attempts > 0 and due_at > now()`,
        );
        return kills >= 8;
      },
      { timeoutMs: 20_000 },
    ).catch(() => undefined);
    clearInterval(killer);
    await eventually(
      async () => {
        await admin.query(`update kernel.deliveries set due_at = now() where state = 'pending' and due_at > now()`);
        return (await admin.query('select 1 from kernel.deliveries')).rowCount === 0;
      },
      { timeoutMs: 20_000 },
    );
  } finally {
    await assassin.end();
    for (const worker of workers) await worker.stop();
    for (const app of apps) await app.close();
  }
  const counted = await admin.query<Outcome>(
    `select (select count(*)::int from (select event_id, reaction from counting.effects group by 1, 2 having count(*) <> 1) x)
        + 600 - (select count(*)::int from (select distinct event_id, reaction from counting.effects) y) as wrong,
      (select count(*)::int from counting.effects) as effects, (select count(*)::int from kernel.deliveries) as left`,
  );
  await admin.end();
  return { ...counted.rows[0], kills };
}

async function prepare(database: TestDatabase): Promise<Client> {
  const admin = new Client({ connectionString: database.superuserUrl });
  await admin.connect();
  await admin.query(`create schema counting; grant usage on schema counting to mainstay_app;
    create table counting.effects (tenant_id uuid, id uuid, event_id uuid, reaction text, primary key (tenant_id, id));
    alter table counting.effects enable row level security; alter table counting.effects force row level security;
    create policy p on counting.effects using (${WALL}) with check (${WALL}); grant all on counting.effects to mainstay_app`);
  return admin;
}

async function say(app: TestApp): Promise<void> {
  const tenants = Array.from({ length: 5 }, newId);
  for (const tenant of tenants) {
    await asTenant(tenant, () =>
      app.get(UnitOfWork).run(async (tx) => {
        for (let n = 0; n < 60; n++) {
          const event = new Counted(PLATFORM_TENANT, { n });
          for (const name of ['first', 'second']) if (randomInt(10) === 0) failures.set(event.id + name, 1);
          tx.record(event);
        }
      }),
    );
  }
}
