import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Client } from 'pg';
import { SYSTEM } from '../../src/kernel/auth/principal';
import { loadConfig } from '../../src/kernel/config/config';
import { PLATFORM_TENANT, runInContext } from '../../src/kernel/context/request-context';
import type { EmbeddedPostgres } from '../../src/kernel/database/embedded-postgres';
import type { Transaction } from '../../src/kernel/database/transaction';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { KernelModule } from '../../src/kernel/kernel.module';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { DomainEvent, type StoredEvent } from '../../src/kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../src/kernel/messaging/reaction';
import { productEnv } from '../environment';
import type { Measure } from '../report';

const EVENTS = 5_000;
const TENANTS = 20;

class Happened extends DomainEvent<{ n: number; note: string }> {
  static override readonly type = 'bench.happened.v1';
}

const write = (event: StoredEvent<Happened>, tx: Transaction, name: string): Promise<number> =>
  tx.execute('insert into bench.effects (tenant_id, id, event_id, reaction) values ($1, $2, $3, $4)', [
    tx.tenantId,
    newId(),
    event.id,
    name,
  ]);

@Reaction({ name: 'bench.first', on: Happened })
class First implements Reacts<Happened> {
  async react(event: StoredEvent<Happened>, tx: Transaction): Promise<void> {
    await write(event, tx, 'first');
  }
}

@Reaction({ name: 'bench.second', on: Happened })
class Second implements Reacts<Happened> {
  async react(event: StoredEvent<Happened>, tx: Transaction): Promise<void> {
    await write(event, tx, 'second');
  }
}

@Module({ providers: [First, Second] })
class BenchModule {}

/** Deliveries per second of one worker process: 10,000 reactions over 20 tenants, each writing one row. */
export async function deliveries(postgres: EmbeddedPostgres): Promise<Measure[]> {
  const admin = new Client({ connectionString: withDatabase(postgres) });
  await admin.connect();
  await admin.query(`drop schema if exists bench cascade; create schema bench; grant usage on schema bench to mainstay_app;
    create table bench.effects (tenant_id uuid, id uuid, event_id uuid, reaction text, primary key (tenant_id, id));
    alter table bench.effects enable row level security; alter table bench.effects force row level security;
    create policy tenant on bench.effects using (tenant_id = kernel.tenant_id()) with check (tenant_id = kernel.tenant_id());
    grant all on bench.effects to mainstay_app`);
  const config = loadConfig({ ...productEnv(postgres), LOG_LEVEL: 'error' });
  const app = await NestFactory.createApplicationContext(
    { module: BenchModule, imports: [KernelModule.register(config)], providers: [First, Second] },
    { logger: false, abortOnError: false },
  );
  const uow = app.get(UnitOfWork);
  for (let t = 0; t < TENANTS; t++) {
    await runInContext({ tenantId: newId(), principal: SYSTEM }, () =>
      uow.run(async (tx) => {
        for (let n = 0; n < EVENTS / TENANTS; n++)
          tx.record(new Happened(PLATFORM_TENANT, { n, note: 'x'.repeat(300) }));
      }),
    );
  }
  await admin.query('vacuum analyze kernel.deliveries');
  await admin.query('analyze kernel.events');
  const worker = app.get(DeliveryWorker);
  const started = process.hrtime.bigint();
  await worker.drain();
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const { rows } = await admin.query<{ n: number }>('select count(*)::int as n from bench.effects');
  await app.close();
  await admin.query('drop schema bench cascade');
  await admin.end();
  if (rows[0].n !== EVENTS * 2) throw new Error(`Expected ${EVENTS * 2} effects, found ${rows[0].n}.`);
  const rate = (EVENTS * 2) / seconds;
  return [
    { scenario: 'deliveries, one worker', unit: 'reactions/s', value: rate, aim: '>= 1,000', met: rate >= 1_000 },
  ];
}

function withDatabase(postgres: EmbeddedPostgres): string {
  const url = new URL(postgres.superuserUrl);
  url.pathname = new URL(postgres.appUrl).pathname;
  return url.href;
}
