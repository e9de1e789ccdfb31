import 'reflect-metadata';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../app.module';
import type { Config } from '../kernel/config/config';
import { monotonicMs } from '../kernel/clock/monotonic';
import { HealthRegistry } from '../kernel/health/health.registry';
import { createHttpApp } from '../kernel/http/http-app';
import { closeConnections } from '../kernel/lifecycle/connections';
import { DeliveryWorker } from '../kernel/messaging/delivery-worker';
import { JobRunner } from '../kernel/messaging/job-runner';
import { SocketAdapter } from '../kernel/realtime/socket-adapter';
import { stopTracing } from '../kernel/telemetry/tracing';
import { untilQuiet } from './drain';
import { EXIT, ExitError } from './exit';
import type { Lifecycle } from './lifecycle';
import type { Fact, Reporter } from './reporter';

/** What `src/seed/seed` exports: fills an empty database; says how to log in first, once. */
export interface Seed {
  seed(app: INestApplication, config: Config): Promise<{ firstLogin: Fact[] }>;
}

export interface RunningApplication {
  /** Protocol, host and port at which this process listens. */
  url: string;
  /** Shown once, when this start made the first accounts. */
  firstLogin: Fact[];
}

/** Builds the Nest application for the roles of this process, seeds an empty database, and listens. */
export async function startApplication(
  config: Config,
  lifecycle: Lifecycle,
  reporter: Reporter,
): Promise<RunningApplication> {
  const app = await createHttpApp(AppModule.register(config), config);
  lifecycle.opened('traces', stopTracing, 5_000);
  lifecycle.opened('application', () => app.close(), config.shutdownSeconds * 1000 + 20_000);
  app.useWebSocketAdapter(new SocketAdapter(app));
  await app.init();
  lifecycle.goOn();
  const firstLogin = config.roles.has('api') ? await seeded(app, config, reporter) : [];
  lifecycle.goOn();

  // One budget for everything that may still be under way: requests first, jobs and deliveries beside and after them.
  const withinMs = config.shutdownSeconds * 1000;
  const end = { at: Infinity };
  const left = (): number => Math.max(1_000, end.at - monotonicMs());
  if (config.roles.has('worker')) {
    const worker = app.get(DeliveryWorker);
    worker.start();
    lifecycle.opened('deliveries', () => worker.stop(), withinMs + 2_000);
    const jobs = app.get(JobRunner);
    await jobs.start();
    lifecycle.opened('jobs', () => jobs.stop(left()), withinMs + 2_000);
  }
  const server = app.getHttpServer() as Server;
  const drained = untilQuiet(server);
  await listen(app, config);
  const drain = async (): Promise<void> => {
    end.at = monotonicMs() + withinMs;
    app.get(HealthRegistry).drain();
    const quiet = drained(withinMs);
    // Sockets after the last accepted request has been let in: their clients come back to another process.
    await Promise.all([quiet, closeConnections()]);
  };
  lifecycle.opened('requests', drain, withinMs + 1_000);
  const { port } = server.address() as AddressInfo;
  const host = ['0.0.0.0', '::', '127.0.0.1', '::1'].includes(config.host) ? 'localhost' : config.host;
  return { url: `http://${host}:${port}`, firstLogin };
}

async function listen(app: NestFastifyApplication, config: Config): Promise<void> {
  try {
    await app.listen(config.port, config.host);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new ExitError(
      EXIT.busy,
      `Port ${config.port} on ${config.host} has just been taken by another program; set PORT.`,
    );
  }
}

async function seeded(app: INestApplication, config: Config, reporter: Reporter): Promise<Fact[]> {
  const file = join(__dirname, '..', 'seed', 'seed.js');
  if (!existsSync(file)) return [];
  const { seed } = (await import(file)) as Seed;
  const { firstLogin } = await seed(app, config);
  if (firstLogin.length > 0) reporter.step('First accounts made.');
  return firstLogin;
}
