import { randomInt } from 'node:crypto';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Client, type ClientConfig, type Pool } from 'pg';
import { logger } from '../telemetry/logger';

/** Longest payload in bytes; PostgreSQL refuses 8,000 and more. */
export const NOTIFY_PAYLOAD_LIMIT_BYTES = 7_900;

const CHANNEL = /^[a-z_][a-z0-9_]{0,62}$/;
/** Time in which notifications are gathered into one statement. */
const GATHER_MS = 10;
const RECONNECT_MIN_MS = 100;
const RECONNECT_MAX_MS = 5_000;
const HEARTBEAT_MS = 20_000;
const HEARTBEAT_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;

type Hear = (payload: string) => void;

/**
 * The one LISTEN connection of a process. Notifications are hints, never facts: whoever listens also polls, and hears
 * of gaps by `onGap`. Sending happens in a transaction of its own on a pool connection, gathered, because NOTIFY inside a
 * business transaction serialises commits.
 */
@Injectable()
export class Listener implements BeforeApplicationShutdown {
  private readonly channels = new Map<string, Set<Hear>>();
  private readonly gapListeners = new Set<() => void>();
  private client: Client | null = null;
  private connecting: Promise<void> | null = null;
  private retry: NodeJS.Timeout | null = null;
  private retryMs = RECONNECT_MIN_MS;
  private heartbeat: NodeJS.Timeout | null = null;
  private outbox = new Map<string, [channel: string, payload: string]>();
  private gathering: NodeJS.Timeout | null = null;
  private sending: Promise<void> = Promise.resolve();
  private closed = false;

  /**
   * @param connection how to reach the database; the role needs no rights
   * @param pool where notifications are sent
   */
  constructor(
    private readonly connection: ClientConfig,
    private readonly pool: Pool,
  ) {}

  /** True while the connection stands, so that nothing but the network can be lost. */
  get connected(): boolean {
    return this.client !== null;
  }

  /**
   * Calls `hear` with each payload on `channel`, of this process's own notifications too. Opens the connection on
   * first use. @returns a function that ends it
   */
  on(channel: string, hear: Hear): () => void {
    if (!CHANNEL.test(channel)) throw new Error(`"${channel}" is no channel name.`);
    if (this.closed) throw new Error('The listener is closed.');
    const known = this.channels.get(channel);
    if (known) known.add(hear);
    else {
      this.channels.set(channel, new Set([hear]));
      if (this.client) this.run(this.client, `listen ${channel}`);
      else void this.connect();
    }
    return () => this.off(channel, hear);
  }

  /** Calls `listener` whenever notifications may have been missed (after a reconnect): read the facts again. */
  onGap(listener: () => void): () => void {
    this.gapListeners.add(listener);
    return () => this.gapListeners.delete(listener);
  }

  /**
   * Tells every listening process. Equal notifications within a few milliseconds are one. Best effort: never throws for
   * a database that is away. @throws RangeError when the payload is too long
   */
  notify(channel: string, payload = ''): void {
    if (!CHANNEL.test(channel)) throw new Error(`"${channel}" is no channel name.`);
    if (Buffer.byteLength(payload) > NOTIFY_PAYLOAD_LIMIT_BYTES) throw new RangeError('The payload is too long.');
    if (this.closed) return;
    this.outbox.set(`${channel} ${payload}`, [channel, payload]);
    this.gathering ??= setTimeout(() => {
      this.gathering = null;
      this.sending = this.sending.then(() => this.flush());
    }, GATHER_MS);
  }

  /** Resolves once the connection stands and listens; for the start and for tests. */
  async ready(): Promise<void> {
    while (!this.client && !this.closed) {
      await (this.connecting ?? this.connect());
      if (!this.client) await new Promise((resolve) => setTimeout(resolve, this.retryMs).unref());
    }
  }

  /** Sends what is gathered and closes the connection. */
  async close(): Promise<void> {
    if (this.closed) return;
    if (this.gathering) {
      clearTimeout(this.gathering);
      this.gathering = null;
      this.sending = this.sending.then(() => this.flush());
    }
    this.closed = true;
    if (this.retry) clearTimeout(this.retry);
    if (this.heartbeat) clearInterval(this.heartbeat);
    await this.sending;
    await this.connecting;
    const client = this.client;
    this.client = null;
    await client?.end().catch(() => undefined);
  }

  /** Before the pools are closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.close();
  }

  private off(channel: string, hear: Hear): void {
    const hearing = this.channels.get(channel);
    if (!hearing?.delete(hear) || hearing.size > 0) return;
    this.channels.delete(channel);
    if (this.client) this.run(this.client, `unlisten ${channel}`);
  }

  private async flush(): Promise<void> {
    const batch = [...this.outbox.values()];
    this.outbox.clear();
    if (batch.length === 0) return;
    try {
      // A notification is a hint: no wait for the disk.
      await this.pool.query({
        name: 'k_notify',
        text: `select set_config('synchronous_commit', 'off', true), count(pg_notify(c, p))
          from unnest($1::text[], $2::text[]) as x(c, p)`,
        values: [batch.map(([channel]) => channel), batch.map(([, payload]) => payload)],
      });
    } catch (error) {
      logger.warn({ err: error }, 'notifications were not sent');
    }
  }

  private connect(): Promise<void> {
    this.connecting ??= this.open().finally(() => {
      this.connecting = null;
    });
    return this.connecting;
  }

  private async open(): Promise<void> {
    const client = new Client({
      application_name: 'mainstay listener',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      ...this.connection,
    });
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, new Error('connection ended')));
    client.on('notification', ({ channel, payload }) => this.hear(channel, payload ?? ''));
    try {
      await client.connect();
      // Channels that are added while this runs are listened to below, once `client` is set.
      const listened = new Set(this.channels.keys());
      if (listened.size > 0) await client.query([...listened].map((channel) => `listen ${channel}`).join('; '));
      if (this.closed) return void (await client.end().catch(() => undefined));
      this.client = client;
      for (const channel of this.channels.keys()) if (!listened.has(channel)) this.run(client, `listen ${channel}`);
    } catch (error) {
      client.end().catch(() => undefined);
      this.scheduleReconnect(error);
      return;
    }
    this.retryMs = RECONNECT_MIN_MS;
    this.heartbeat ??= setInterval(() => this.beat(), HEARTBEAT_MS).unref();
    for (const listener of this.gapListeners) this.guard(listener);
  }

  private hear(channel: string, payload: string): void {
    for (const hear of this.channels.get(channel) ?? []) this.guard(() => hear(payload));
  }

  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      logger.error({ err: error }, 'a listener of notifications failed');
    }
  }

  private run(client: Client, text: string): void {
    client.query(text).catch((error: unknown) => this.lost(client, error));
  }

  /** A peer that vanished without a word is noticed by a query that does not come back. */
  private beat(): void {
    const client = this.client;
    if (!client) return;
    const timer = setTimeout(() => this.lost(client, new Error('no answer to the heartbeat')), HEARTBEAT_TIMEOUT_MS);
    client
      .query('select 1')
      .catch((error: unknown) => this.lost(client, error))
      .finally(() => clearTimeout(timer));
  }

  private lost(client: Client, error: unknown): void {
    if (this.client !== client) return;
    this.client = null;
    client.end().catch(() => undefined);
    this.scheduleReconnect(error);
  }

  private scheduleReconnect(error: unknown): void {
    if (this.closed || this.retry) return;
    logger.warn({ err: error, retryMs: this.retryMs }, 'the listening connection is away');
    const wait = this.retryMs * (0.5 + randomInt(1000) / 1000);
    this.retryMs = Math.min(this.retryMs * 2, RECONNECT_MAX_MS);
    this.retry = setTimeout(() => {
      this.retry = null;
      void this.connect();
    }, wait);
    this.retry.unref();
  }
}
