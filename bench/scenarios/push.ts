import { setTimeout as pause } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Client } from 'pg';
import { PushTokens } from '../../src/engagement/notifications/data/push-tokens';
import { loadConfig } from '../../src/kernel/config/config';
import { runInContext } from '../../src/kernel/context/request-context';
import type { EmbeddedPostgres } from '../../src/kernel/database/embedded-postgres';
import { newId } from '../../src/kernel/ids/ids';
import { KernelModule } from '../../src/kernel/kernel.module';
import { FcmDouble, fcmFault, type FcmMessage } from '../../test/doubles/push-doubles';
import { productEnv, startProcess, type RunningServer } from '../environment';
import type { Measure } from '../report';

/** Longest wait for the last message (milliseconds): what the killed worker had is looked at a minute later. */
const PATIENCE_MS = 240_000;
const EMAIL = 'bench@example.com';
const PASSWORD = 'correct horse battery staple';

@Module({ providers: [PushTokens] })
class BenchPushModule {}

const numberOf = (token: string): number => Number(token.slice(-7));

/** As FCM is on a bad day: 7 of 100 devices are gone, 3 answers say 503 and one 429 the first time, one message is refused. */
function badDay({ token }: FcmMessage, time: number): ReturnType<typeof fcmFault> | null {
  const n = numberOf(token) % 100;
  if (n < 7) return fcmFault(404, 'NOT_FOUND', 'UNREGISTERED');
  if (n < 10 && time === 1) return fcmFault(503, 'UNAVAILABLE', 'UNAVAILABLE', '2');
  if (n === 10 && time === 1) return fcmFault(429, 'RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED', '3');
  return n === 11 ? fcmFault(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT') : null;
}

/** News to so many devices over two processes, one of which is killed on the way; counted at a double of FCM and in the database. */
export async function push(postgres: EmbeddedPostgres, devices: number): Promise<Measure[]> {
  const fcm = await new FcmDouble().listen();
  fcm.reply = badDay;
  const env = {
    ...productEnv(postgres),
    FCM_SERVICE_ACCOUNT: fcm.serviceAccount,
    FCM_API_BASE: fcm.url,
    MAINSTAY_JOB_LOCK_SECONDS: '5',
  };
  const running: RunningServer[] = [];
  const superuser = new URL(postgres.superuserUrl);
  superuser.pathname = new URL(postgres.appUrl).pathname;
  const sql = new Client({ connectionString: superuser.href });
  await sql.connect();
  try {
    const [doomed, other] = [
      await startProcess('push-a', 'dist/main.js', env, '/health/live'),
      await startProcess('push-b', 'dist/main.js', env, '/health/live'),
    ];
    running.push(doomed, other);
    const { owner, tenantId } = await openShop(other.url);
    await fill(sql, env, tenantId, devices);

    const started = process.hrtime.bigint();
    await call(other.url, '/notifications', owner, {
      segment: { roles: ['customer'] },
      template: 'notice',
      category: 'general',
      channels: ['push'],
      data: { title: 'Bench', body: 'News.', link: '/news' },
    });
    // At whatever moment: between two batches, or amid four of them.
    const killedAt = await until(() => fcm.messages.length >= devices * 0.3 && fcm.messages.length);
    running.shift();
    process.kill(doomed.pid, 'SIGKILL');
    const half = await until(() => fcm.accepted.size >= devices * 0.5 && process.hrtime.bigint());
    await until(async () => {
      const { rows } = await sql.query<{ asked: number; open: number }>(
        `select count(*)::int as asked, count(*) filter (where state in ('queued', 'failed'))::int as open
         from notifications.messages where tenant_id = $1 and channel = 'push'`,
        [tenantId],
      );
      return rows[0].asked === devices && rows[0].open === 0;
    });
    return await report({ sql, fcm, tenantId, devices, killedAt, seconds: Number(half - started) / 1e9 });
  } finally {
    await sql.end();
    for (const server of running) await server.stop();
    await fcm.close();
  }
}

async function report(found: {
  sql: Client;
  fcm: FcmDouble;
  tenantId: string;
  devices: number;
  killedAt: number;
  seconds: number;
}): Promise<Measure[]> {
  const { sql, fcm, tenantId, devices, killedAt, seconds } = found;
  const { rows: states } = await sql.query<{ state: string; count: number }>(
    `select state, count(*)::int from notifications.messages where tenant_id = $1 and channel = 'push' group by 1`,
    [tenantId],
  );
  const of = (state: string): number => states.find((row) => row.state === state)?.count ?? 0;
  const { rows: tokens } = await sql.query<{ n: number }>(
    `select count(*)::int as n from notifications.push_tokens where tenant_id = $1`,
    [tenantId],
  );
  const removed = devices - tokens[0].n;
  const dead = Math.floor(devices / 100) * 7;
  const twice = [...fcm.accepted.values()].filter((times) => times > 1).length;
  const doubtful = of('unknown');
  const missed = devices - dead - Math.floor(devices / 100) - fcm.accepted.size;
  return [
    {
      scenario: 'push: handed to FCM',
      unit: 'messages/s',
      value: (devices * 0.5) / seconds,
      note: `the first half of ${devices.toLocaleString('en')} devices, two processes, one killed after ${killedAt.toLocaleString('en')} requests`,
    },
    { scenario: 'push: dead tokens removed', unit: 'tokens', value: removed, aim: `= ${dead}`, met: removed === dead },
    { scenario: 'push: accepted twice', unit: 'messages', value: twice, aim: '= 0', met: twice === 0 },
    {
      scenario: 'push: accepted once',
      unit: 'messages',
      value: fcm.accepted.size - twice,
      aim: 'all but what is in doubt',
      met: missed >= 0 && missed <= doubtful,
      note: `${of('sent')} known to be sent, ${of('dead')} refused for good, ${doubtful} in doubt after the kill, of which FCM had taken ${doubtful - missed}`,
    },
  ];
}

async function fill(sql: Client, env: Record<string, string>, tenantId: string, devices: number): Promise<void> {
  const app = await NestFactory.createApplicationContext(
    { module: BenchPushModule, imports: [KernelModule.register(loadConfig({ ...env, MAINSTAY_ROLES: 'api' }))] },
    { logger: false, abortOnError: false },
  );
  try {
    const tokens = app.get(PushTokens);
    for (let from = 0; from < devices; from += 1_000) {
      const made = await runInContext({ tenantId }, () =>
        Promise.all(
          Array.from({ length: Math.min(1_000, devices - from) }, (_, n) =>
            tokens.seal(tenantId, {
              userId: newId(),
              sessionId: null,
              provider: 'fcm',
              platform: 'android',
              value: `bench-device-token-${String(from + n).padStart(7, '0')}`,
              deviceName: null,
            }),
          ),
        ),
      );
      const users = made.map(({ userId }) => userId);
      await sql.query(
        `insert into identity.users (id, email, email_normalized, name, status, email_verified_at, created_at, updated_at, version)
         select id, id || '@example.org', id || '@example.org', 'Bench', 'active', now(), now(), now(), 1 from unnest($1::uuid[]) as id`,
        [users],
      );
      await sql.query(
        `insert into organizations.members (tenant_id, id, user_id, role, joined_at, updated_at, version)
         select $1, gen_random_uuid(), id, 'customer', now(), now(), 1 from unnest($2::uuid[]) as id`,
        [tenantId, users],
      );
      await sql.query(
        `insert into notifications.push_tokens (tenant_id, id, user_id, provider, platform, digest, sealed, created_at, seen_at)
         select $1, gen_random_uuid(), t.user_id, 'fcm', 'android', t.digest, t.sealed, now(), now()
         from unnest($2::uuid[], $3::bytea[], $4::text[]) as t(user_id, digest, sealed)`,
        [tenantId, users, made.map(({ digest }) => digest), made.map(({ sealed }) => sealed)],
      );
    }
  } finally {
    await app.close();
  }
}

async function openShop(url: string): Promise<{ owner: string; tenantId: string }> {
  const first = await call<{ accessToken: string }>(url, '/auth/login', null, { email: EMAIL, password: PASSWORD });
  const shop = await call<{ id: string; slug: string }>(url, '/organizations', first.accessToken, { name: 'Push' });
  const login = await call<{ accessToken: string }>(url, '/auth/switch', first.accessToken, {
    organization: shop.slug,
  });
  return { owner: login.accessToken, tenantId: shop.id };
}

async function call<T>(url: string, at: string, token: string | null, body: object): Promise<T> {
  const answer = await fetch(`${url}/api/v1${at}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${at}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function until<T>(probe: () => Promise<T | false> | T | false): Promise<T> {
  const ends = process.hrtime.bigint() + BigInt(PATIENCE_MS) * 1_000_000n;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (process.hrtime.bigint() > ends) throw new Error('The messages were not done with in time.');
    await pause(100);
  }
}
