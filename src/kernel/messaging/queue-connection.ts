import {
  createPostgresBackend,
  createRedisBackend,
  Queue,
  runMigrations,
  Worker,
  type BackendFactory,
  type Processor,
  type QueueOptions,
  type RedisQueueBackend,
  type WorkerOptions,
} from 'bullmq';
import IORedis from 'ioredis';
import { Pool } from 'pg';
import type { Config } from '../config/config';
import { endable } from '../database/end-pool';
import { logger } from '../telemetry/logger';
import type { QueueName } from './reaction';

/** Schema of BullMQ's tables, owned by role `mainstay_queue`. */
const SCHEMA = 'bullmq';

/** What BullMQ takes as `connection`: a shared pool on PostgreSQL, a shared client on Redis. */
type Shared =
  { kind: 'postgres'; pool: Pool; end: () => Promise<void> } | { kind: 'redis'; client: IORedis; prefix: string };

/**
 * How the queues of this process reach their store: one pool of PostgreSQL connections as role `mainstay_queue` for all
 * of them, or Redis when REDIS_URL is set. Whoever opened it closes it, after the queues and workers.
 */
export class QueueConnection {
  private constructor(private readonly shared: Shared) {}

  /** Connects; on PostgreSQL brings BullMQ's own tables up to its version, one process at a time. */
  static async open(config: Config): Promise<QueueConnection> {
    if (config.redisUrl) {
      // BullMQ demands endless retries of its workers' commands; ours are bounded where we await them.
      const client = new IORedis(config.redisUrl, { maxRetriesPerRequest: null, lazyConnect: true });
      client.on('error', (error) => logger.warn({ err: error }, 'Redis is away (queues)'));
      await client.connect();
      return new QueueConnection({ kind: 'redis', client, prefix: `${config.redisPrefix}:queues` });
    }
    const pool = new Pool({
      connectionString: config.databaseUrl ?? undefined,
      // The delivery rows are the durable copy of every job, so that the queue need not wait for the disk.
      options: `-c role=mainstay_queue -c search_path=${SCHEMA} -c synchronous_commit=off -c timezone=UTC`,
      application_name: 'mainstay queues',
      max: config.queuePoolSize,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
    });
    const end = endable(pool);
    pool.setMaxListeners(0); // one for each queue and worker
    pool.on('error', (error) => logger.warn({ err: error }, 'a connection of the queues was lost'));
    try {
      await migrateQueues(pool);
    } catch (error) {
      await end();
      throw error;
    }
    return new QueueConnection({ kind: 'postgres', pool, end });
  }

  get kind(): 'postgres' | 'redis' {
    return this.shared.kind;
  }

  /** The shared pool, on PostgreSQL. */
  get pool(): Pool | null {
    return this.shared.kind === 'postgres' ? this.shared.pool : null;
  }

  /** Options that every queue and worker shares. */
  get options(): QueueOptions {
    return this.shared.kind === 'redis'
      ? { connection: this.shared.client as never, prefix: this.shared.prefix }
      : { connection: this.shared.pool as never };
  }

  /** A worker of `queue` that does not run before `run()`. */
  worker(queue: QueueName, processor: Processor, options: Omit<WorkerOptions, 'connection'>): Worker {
    return new Worker(
      queue,
      processor,
      { ...this.options, ...options, autorun: false } as never,
      backendOf(this.shared.kind === 'redis'),
    );
  }

  /** Which of these jobs the queue keeps as failed; such ids would otherwise be ignored when handed over again. */
  async failedAmong(queue: QueueName, ids: string[]): Promise<string[]> {
    if (this.shared.kind === 'postgres') {
      const { rows } = await this.shared.pool.query<{ id: string }>(
        `select id from ${SCHEMA}.job where queue = $1 and id = any($2::text[]) and state = 'failed'`,
        [queue, ids],
      );
      return rows.map((row) => row.id);
    }
    const scores = await this.shared.client.zmscore(`${this.shared.prefix}:${queue}:failed`, ...ids);
    return ids.filter((_, index) => scores[index] !== null);
  }

  /** Resolves when the store answers. */
  async ping(): Promise<void> {
    if (this.shared.kind === 'postgres') await this.shared.pool.query('select 1');
    else await this.shared.client.ping();
  }

  async close(): Promise<void> {
    if (this.shared.kind === 'postgres') {
      await this.shared.end();
    } else if (this.shared.client.status !== 'end') {
      await this.shared.client.quit().catch(() => this.shared.kind === 'redis' && this.shared.client.disconnect());
    }
  }
}

// BullMQ's types name the Redis backend where any is meant.
const backendOf = (redis: boolean): BackendFactory<RedisQueueBackend> =>
  redis ? createRedisBackend : (createPostgresBackend as unknown as BackendFactory<RedisQueueBackend>);

/** The queue class for @nestjs/bullmq: takes the store that its connection belongs to, not a process-wide default. */
export class PortableQueue extends Queue {
  constructor(name: string, options: QueueOptions) {
    super(name, options, backendOf(options.connection instanceof IORedis));
  }

  /**
   * On PostgreSQL BullMQ keeps what its first look at the store came to, and a failure for ever: a queue that began while
   * the machine was busy or the database away would take nothing until the process ends. After this it looks again.
   */
  lookAgain(): void {
    const backend = this.getBackend() as unknown as { readyPromise?: unknown; connection?: { readyPromise?: unknown } };
    backend.readyPromise = undefined;
    if (backend.connection) backend.connection.readyPromise = undefined;
  }
}

async function migrateQueues(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await runMigrations(
      {
        // The schema exists, and its owner may not create others.
        query: async (text: string, params?: readonly unknown[]) =>
          text.startsWith('CREATE SCHEMA') ? { rows: [] } : client.query(text, params as unknown[]),
      } as never,
      SCHEMA,
    );
  } finally {
    client.release();
  }
}
