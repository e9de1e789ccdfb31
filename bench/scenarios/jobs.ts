import { spawn } from 'node:child_process';
import { accessSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SYSTEM } from '../../src/kernel/auth/principal';
import { loadConfig } from '../../src/kernel/config/config';
import { runInContext } from '../../src/kernel/context/request-context';
import type { EmbeddedPostgres } from '../../src/kernel/database/embedded-postgres';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { KernelModule } from '../../src/kernel/kernel.module';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { JobRunner } from '../../src/kernel/messaging/job-runner';
import { QueuesModule } from '../../src/kernel/messaging/queues.module';
import { Job, type Runs } from '../../src/kernel/messaging/reaction';
import { freePort, productEnv } from '../environment';
import type { Measure } from '../report';

const JOBS = 2_000;
const REDIS = ['/usr/bin/redis-server', '/usr/local/bin/redis-server'];

const counter = { done: 0, finished: (): void => undefined };

@Job({ name: 'bench.count', queue: 'mail' })
class Count implements Runs<{ n: number }> {
  async run(): Promise<void> {
    counter.done += 1;
    if (counter.done === JOBS) counter.finished();
  }
}

/** Jobs per second from the commit that asks for them, over the deliveries and the queue, to their end; on each backend. */
export async function jobs(postgres: EmbeddedPostgres): Promise<Measure[]> {
  const measures = [await rate('jobs on PostgreSQL', postgres, {})];
  const binary = REDIS.find((file) => {
    try {
      accessSync(file);
      return true;
    } catch {
      return false;
    }
  });
  if (!binary)
    return [
      ...measures,
      { scenario: 'jobs on Redis', unit: 'jobs/s', value: 0, note: 'no redis-server on this machine' },
    ];
  const port = await freePort();
  const redis = spawn(binary, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });
  try {
    await answers(port);
    measures.push(await rate('jobs on Redis', postgres, { REDIS_URL: `redis://127.0.0.1:${port}` }));
  } finally {
    redis.kill('SIGTERM');
  }
  return measures;
}

async function rate(scenario: string, postgres: EmbeddedPostgres, env: Record<string, string>): Promise<Measure> {
  counter.done = 0;
  const config = loadConfig({ ...productEnv(postgres), LOG_LEVEL: 'error', ...env });
  const root: DynamicModule = { module: BenchJobsModule, imports: [KernelModule.register(config), QueuesModule] };
  const app = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
  const finished = new Promise<void>((resolve) => (counter.finished = resolve));
  await runInContext({ tenantId: newId(), principal: SYSTEM }, () =>
    app.get(UnitOfWork).run(async (tx) => {
      for (let n = 0; n < JOBS; n++) tx.job(Count, { n });
    }),
  );
  const worker = app.get(DeliveryWorker);
  const runner = app.get(JobRunner);
  const started = process.hrtime.bigint();
  await runner.start();
  worker.start();
  await finished;
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  await worker.stop();
  await runner.stop();
  await app.close();
  return { scenario, unit: 'jobs/s', value: JOBS / seconds };
}

@Module({ providers: [Count] })
class BenchJobsModule {}

/** Waits until something listens on the port. */
async function answers(port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.end());
    });
    if (open) return;
    await pause(25);
  }
  throw new Error('redis-server did not start.');
}
