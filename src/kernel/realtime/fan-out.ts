import { createAdapter as createPostgresAdapter } from '@socket.io/postgres-adapter';
import { createAdapter as createRedisAdapter } from '@socket.io/redis-streams-adapter';
import IORedis from 'ioredis';
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

/** Carries messages between processes: PostgreSQL's notifications, or a Redis stream when REDIS_URL is set. */
export const openFanOut = (config: Config): FanOut => (config.redisUrl ? overRedis(config) : overPostgres(config));

/**
 * Two connections: one listens, one sends. The adapter takes its listening client from the pool and would neither handle
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
  const pool = new Pool({ ...settings, max: 1, idleTimeoutMillis: 30_000 });
  const end = endable(pool);
  const complain = (error: Error): void => logger.warn({ err: error }, 'a connection of the sockets was lost');
  pool.on('error', complain);
  let listening: Client | undefined;
  let closed = false;
  const facade = {
    query: (text: string, values?: unknown[]) => pool.query(text, values),
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
    payloadThreshold: 7_900,
    errorHandler: (error: Error) => logger.warn({ err: error }, 'a message between processes was lost'),
  });
  return {
    adapter: adapter as unknown as FanOut['adapter'],
    async close() {
      closed = true;
      await listening?.end().catch(() => undefined);
      await end();
    },
  };
}

function overRedis(config: Config): FanOut {
  const client = new IORedis(config.redisUrl!, { maxRetriesPerRequest: 1 });
  client.on('error', (error) => logger.warn({ err: error }, 'Redis is away (sockets)'));
  const name = `${config.redisPrefix}:sockets`;
  const adapter = createRedisAdapter(client, {
    streamName: name,
    channelPrefix: name,
    sessionKeyPrefix: `${name}:session:`,
    blockTimeInMs: 1_000,
  });
  return {
    adapter: adapter as unknown as FanOut['adapter'],
    async close() {
      await client.quit().catch(() => client.disconnect());
    },
  };
}
