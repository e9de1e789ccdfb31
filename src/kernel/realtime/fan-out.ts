import { createAdapter as createPostgresAdapter } from '@socket.io/postgres-adapter';
import { createAdapter as createRedisAdapter } from '@socket.io/redis-streams-adapter';
import IORedis from 'ioredis';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Pool } from 'pg';
import type { ServerOptions } from 'socket.io';
import type { Config } from '../config/config';
import { endable } from '../database/end-pool';
import { logger } from '../telemetry/logger';

export interface FanOut {
  adapter: NonNullable<ServerOptions['adapter']>;
  /** After the server has closed its namespaces. */
  close(): Promise<void>;
}

/** What Socket.IO's adapters between processes have in common. */
interface ClusterAdapter {
  doPublish(message: unknown): Promise<string>;
}
type MakeAdapter = (namespace: unknown) => ClusterAdapter;

/**
 * Sockets of this process get a message at once, and not only when it is on its way to the others: the libraries wait
 * for an offset that only their recovery of connections needs, which is not used.
 */
function localFirst(make: MakeAdapter): FanOut['adapter'] {
  // Socket.IO calls it with `new`.
  return function (namespace: unknown) {
    const adapter = make(namespace);
    const publish = adapter.doPublish.bind(adapter);
    adapter.doPublish = (message) => {
      publish(message).catch((error: unknown) => logger.warn({ err: error }, 'a message between processes was lost'));
      return Promise.resolve('');
    };
    return adapter;
  } as unknown as FanOut['adapter'];
}

/** Carries messages between processes: PostgreSQL's notifications, or a Redis stream when REDIS_URL is set. */
export const openFanOut = (config: Config): FanOut => (config.redisUrl ? overRedis(config) : overPostgres(config));

/** The statement of the adapter. */
const NOTIFY = 'SELECT pg_notify($1, $2)';
const NOTIFY_ALL = 'select count(pg_notify(c, p)) from unnest($1::text[], $2::text[]) as x(c, p)';
const MOST_AT_ONCE = 200;
/** Most that waits while the database is slow or away (payloads are below 8,000 bytes); what is older is left out. */
const MOST_WAITING = 5_000;
/** Between two tries to reach it (milliseconds). */
const AGAIN_MS = 250;

interface Waiting {
  channel: string;
  payload: string;
  done: (error?: unknown) => void;
}

/**
 * Sends notifications in order: the first at once, and together whatever comes while one is on its way. While the database cannot
 * be reached they wait, up to a bound; one that may have been sent already is not sent again.
 * @param connect a connection; what it throws says that nothing was sent
 */
export class Notifications {
  private readonly waiting: Waiting[] = [];
  private sending: Promise<void> | null = null;
  private closing = false;

  constructor(
    private readonly connect: () => Promise<{
      query(statement: { name: string; text: string; values: unknown[] }): Promise<unknown>;
      release(error?: Error): void;
    }>,
    private readonly limits = { waiting: MOST_WAITING, againMs: AGAIN_MS },
  ) {}

  send(channel: string, payload: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ channel, payload, done: (error) => (error ? reject(error as Error) : resolve()) });
      if (this.waiting.length > this.limits.waiting)
        this.waiting.shift()!.done(new Error('Too many messages wait for the database.'));
      this.sending ??= this.flush().finally(() => (this.sending = null));
    });
  }

  /** Sends what waits, if the database is there. */
  async close(): Promise<void> {
    this.closing = true;
    await this.sending;
  }

  private async flush(): Promise<void> {
    while (this.waiting.length > 0) {
      let client;
      try {
        client = await this.connect();
      } catch (error) {
        if (this.closing) return this.waiting.splice(0).forEach(({ done }) => done(error));
        await pause(this.limits.againMs, undefined, { ref: false });
        continue;
      }
      const batch = this.waiting.splice(0, MOST_AT_ONCE);
      const values = [batch.map(({ channel }) => channel), apart(batch.map(({ payload }) => payload))];
      try {
        await client.query({ name: 'sockets_notify', text: NOTIFY_ALL, values });
        client.release();
        for (const { done } of batch) done();
      } catch (error) {
        client.release(error as Error);
        for (const { done } of batch) done(error);
      }
    }
  }
}

/** PostgreSQL tells equal notifications of one transaction once; a space behind JSON changes nothing else. */
function apart(payloads: string[]): string[] {
  const seen = new Set<string>();
  return payloads.map((payload) => {
    let text = payload;
    while (seen.has(text)) text += ' ';
    seen.add(text);
    return text;
  });
}

/**
 * One connection listens, up to two send. The adapter takes its listening client from the pool and would neither handle
 * that client's errors nor give it back after a loss, so it gets one of its own each time.
 */
function overPostgres(config: Config): FanOut {
  const settings = {
    connectionString: config.databaseUrl ?? undefined,
    options: '-c role=mainstay_app -c search_path=realtime -c synchronous_commit=off',
    application_name: 'mainstay sockets',
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
  };
  // One that sends in order, and one for what is too large for a notification.
  const pool = new Pool({ ...settings, max: 2, idleTimeoutMillis: 30_000, connectionTimeoutMillis: 10_000 });
  const end = endable(pool);
  const complain = (error: Error): void => logger.warn({ err: error }, 'a connection of the sockets was lost');
  pool.on('error', complain);
  let listening: Client | undefined;
  let closed = false;
  const notifications = new Notifications(() => pool.connect());
  const facade = {
    query: (text: string, values: string[] = []): Promise<unknown> =>
      text === NOTIFY ? notifications.send(values[0], values[1]) : pool.query(text, values),
    async connect(): Promise<Client & { release: () => void }> {
      const client = new Client(settings);
      client.on('error', complain);
      await client.connect();
      if (closed) await client.end();
      listening = client;
      return Object.assign(client, { release: () => undefined });
    },
  };
  const adapter = createPostgresAdapter(facade as unknown as Pool, {
    channelPrefix: 'mainstay_sockets',
    tableName: 'realtime.socket_io_attachments',
    // PostgreSQL takes payloads of less than 8,000 bytes.
    payloadThreshold: 7_700,
    errorHandler: (error: Error) => logger.warn({ err: error }, 'a message between processes was lost'),
  });
  return {
    adapter: localFirst(adapter as unknown as MakeAdapter),
    async close() {
      closed = true;
      await notifications.close();
      await listening?.end().catch(() => undefined);
      await end();
    },
  };
}

/**
 * A client whose copies subscribe once they are ready, again and again until they have. ioredis sends a subscription on a
 * connection that it has not yet asked whether it is ready; that question is then refused on it, and both fail.
 */
export function subscribingWhenReady(client: IORedis, againMs = AGAIN_MS): IORedis {
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (override) => {
    const copy = duplicate(override);
    const subscribe = copy.subscribe.bind(copy) as (...channels: string[]) => Promise<unknown>;
    copy.subscribe = async (...channels: unknown[]): Promise<unknown> => {
      for (;;) {
        await readyOrEnded(copy);
        if (copy.status === 'end') return 0;
        try {
          return await subscribe(...(channels as string[]));
        } catch (error) {
          logger.warn({ err: error }, 'Redis refused a subscription, or went away meanwhile (sockets)');
          // What is refused on a connection that stays, such as by its access rules, is not asked for in a hot loop.
          await pause(againMs, undefined, { ref: false });
        }
      }
    };
    return copy;
  };
  return client;
}

const readyOrEnded = (client: IORedis): Promise<void> =>
  new Promise((resolve) => {
    if (client.status === 'ready' || client.status === 'end') return resolve();
    const done = (): void => {
      client.off('ready', done);
      client.off('end', done);
      resolve();
    };
    client.on('ready', done);
    client.on('end', done);
  });

function overRedis(config: Config): FanOut {
  const client = subscribingWhenReady(new IORedis(config.redisUrl!, { maxRetriesPerRequest: 1 }));
  client.on('error', (error) => logger.warn({ err: error }, 'Redis is away (sockets)'));
  const name = `${config.redisPrefix}:sockets`;
  const adapter = createRedisAdapter(client, {
    streamName: name,
    channelPrefix: name,
    sessionKeyPrefix: `${name}:session:`,
    blockTimeInMs: 1_000,
  });
  return {
    adapter: localFirst(adapter as unknown as MakeAdapter),
    async close() {
      await client.quit().catch(() => client.disconnect());
    },
  };
}
