import path from 'node:path';
import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { SYSTEM, type Principal } from '../../src/kernel/auth/principal';
import { loadConfig, type Config } from '../../src/kernel/config/config';
import { runInContext } from '../../src/kernel/context/request-context';
import { newId } from '../../src/kernel/ids/ids';
import { KernelModule } from '../../src/kernel/kernel.module';
import { CACHE, testDatabase, type TestDatabase } from './cluster';

export interface TestApp {
  app: INestApplicationContext;
  database: TestDatabase;
  get<T>(token: Type<T> | (abstract new (...args: never[]) => T)): T;
  close(): Promise<void>;
}

/** Thousands of passwords are hashed in a run, and 30 ms of CPU each prove nothing. Only tests may have it so. */
const cheapHashes = (env: Record<string, string> = {}): Record<string, string> =>
  (env.NODE_ENV ?? 'test') === 'test' ? { MAINSTAY_HASH_MEMORY_KIB: '64' } : {};

/** The configuration of a test process over a test database; `env` adds or overrides settings. */
export const testConfig = (database: TestDatabase, env: Record<string, string> = {}): Config =>
  loadConfig({
    NODE_ENV: 'test',
    DATABASE_URL: database.appUrl,
    MAINSTAY_OWNER_DATABASE_URL: database.ownerUrl,
    MAINSTAY_DATA_DIR: path.join(CACHE, 'test-data'),
    LOG_LEVEL: 'error',
    ...cheapHashes(env),
    ...env,
  });

/** A Nest application context of the kernel and the given modules over a real database (no HTTP). */
export async function testApp(
  modules: (Type | DynamicModule)[],
  options: {
    database?: TestDatabase;
    env?: Record<string, string>;
    providers?: NonNullable<DynamicModule['providers']>;
  } = {},
): Promise<TestApp> {
  const database = options.database ?? (await testDatabase());
  const module: TestingModule = await Test.createTestingModule({
    imports: [KernelModule.register(testConfig(database, options.env)), ...modules],
    providers: options.providers ?? [],
  }).compile();
  module.useLogger(['error', 'warn']);
  await module.init();
  return {
    app: module,
    database,
    get: (token) => module.get(token as Type, { strict: false }),
    close: () => module.close(),
  };
}

/** Runs work as Mainstay itself within a tenant: what a worker or the command line is. */
export const asTenant = <T>(tenantId: string, work: () => Promise<T>, principal: Principal = SYSTEM): Promise<T> =>
  runInContext({ tenantId, principal, requestId: newId() }, work);
