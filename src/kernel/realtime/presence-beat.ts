import { hostname } from 'node:os';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../clock/clock';
import { Config } from '../config/config';
import { PLATFORM_TENANT } from '../context/request-context';
import { Database } from '../database/database';
import { newId } from '../ids/ids';
import { logger } from '../telemetry/logger';
import type { LiveConnection } from './live-connection';
import { LiveConnections, type ConnectionWatcher } from './live-connections';
import { Presence, type PresenceChange } from './presence';
import { RealtimeMetrics } from './realtime-metrics';
import { RealtimeServer, tooManyConnections } from './realtime-server';

/** A process without a beat for 15 s has lost its lease (milliseconds). */
const BEAT_MS = 5_000;
/** What changes within this time is written together (milliseconds). */
const GATHER_MS = 250;
/** Without a sign of life of its own accord for so long a user is away (milliseconds). */
const AWAY_AFTER_MS = 300_000;
/** Connections written by one statement. */
const BATCH = 2_000;

const BEAT = 'select realtime.beat($1, $2, $3::jsonb, $4::uuid[], $5, $6) as answer';
const SWEEP = 'select realtime.sweep() as changes';

interface BeatAnswer {
  fresh: boolean;
  changes: PresenceChange[];
  over: string[];
}

/**
 * Writes the connections of this process where all processes see them: one statement for everything that changed, every
 * few seconds and soon after a change, which is also the sign of life that keeps them counting.
 */
@Injectable()
export class PresenceBeat implements OnApplicationBootstrap, BeforeApplicationShutdown, ConnectionWatcher {
  readonly nodeId = newId();
  private readonly written = new Map<string, LiveConnection>();
  private readonly ended = new Set<string>();
  private timer: NodeJS.Timeout | null = null;
  private gathering: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private known = false;

  constructor(
    private readonly config: Config,
    private readonly database: Database,
    private readonly connections: LiveConnections,
    private readonly presence: Presence,
    private readonly server: RealtimeServer,
    private readonly metrics: RealtimeMetrics,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.roles.has('realtime')) return;
    this.connections.watcher = this;
    this.timer = setInterval(() => void this.beat(true), BEAT_MS).unref();
    void this.beat(false);
  }

  /** By now the connections have ended or are ending: others learn of it before the lease lapses. */
  async beforeApplicationShutdown(): Promise<void> {
    if (!this.timer) return;
    clearInterval(this.timer);
    await this.server.drain();
    if (this.gathering) clearTimeout(this.gathering);
    this.gathering = null;
    await this.running;
    await this.beat(false);
  }

  opened(connection: LiveConnection): void {
    this.written.set(connection.id, connection);
    this.soon();
  }

  closed(connection: LiveConnection): void {
    // One that was never written needs no farewell.
    if (!this.written.delete(connection.id) || this.running) this.ended.add(connection.id);
    this.soon();
  }

  active(connection: LiveConnection): void {
    connection.away = false;
    this.written.set(connection.id, connection);
    this.soon();
  }

  /** A client says whether its user is at the device. */
  say(connection: LiveConnection, state: 'online' | 'away'): void {
    if (state === 'online') return this.connections.active(connection);
    connection.saidAway = true;
    if (connection.away) return;
    connection.away = true;
    this.written.set(connection.id, connection);
    this.soon();
  }

  /**
   * Writes what changed. One at a time: a call during a beat waits for it and goes on with what came since.
   * @param whole looks also at what time alone changed, here and with others
   */
  async beat(whole: boolean): Promise<void> {
    while (this.running) await this.running;
    this.running = this.write(whole)
      .catch((error: unknown) =>
        logger.warn({ err: error }, 'connections could not be written; others may take them for gone'),
      )
      .finally(() => {
        this.running = null;
      });
    return this.running;
  }

  private soon(): void {
    if (!this.timer) return;
    this.gathering ??= setTimeout(() => {
      this.gathering = null;
      void this.beat(false);
    }, GATHER_MS).unref();
  }

  private async write(whole: boolean): Promise<void> {
    if (whole) {
      this.markAway();
      this.server.roundTrip().then(
        (seconds) => seconds !== null && this.metrics.fanOut(seconds),
        () => this.metrics.fanOutLost(),
      );
    }
    const changes: PresenceChange[] = [];
    do {
      const opened = [...this.written.values()].slice(0, BATCH);
      const gone = [...this.ended].slice(0, BATCH);
      for (const { id } of opened) this.written.delete(id);
      for (const id of gone) this.ended.delete(id);
      try {
        changes.push(...(await this.send(opened, gone)));
      } catch (error) {
        // Once more with the next beat, unless they have changed again meanwhile.
        for (const connection of opened)
          if (!this.written.has(connection.id)) this.written.set(connection.id, connection);
        for (const id of gone) this.ended.add(id);
        throw error;
      }
    } while (this.written.size > 0 || this.ended.size > 0);
    if (whole) {
      const [swept] = await this.database.readPlatform<{ changes: PresenceChange[] }>(SWEEP);
      changes.push(...swept.changes);
    }
    if (changes.length > 0) await this.presence.tell(changes);
  }

  private async send(opened: LiveConnection[], gone: string[]): Promise<PresenceChange[]> {
    const { socketsPerUser, socketsPerTenant } = this.config;
    const [{ answer }] = await this.database.readPlatform<{ answer: BeatAnswer }>(BEAT, [
      this.nodeId,
      hostname(),
      JSON.stringify(opened.map(rowOf)),
      gone,
      socketsPerUser,
      socketsPerTenant,
    ]);
    // The others took this process for dead and have forgotten its connections: all of them once more.
    if (answer.fresh && this.known)
      for (const connection of this.connections) this.written.set(connection.id, connection);
    this.known = true;
    for (const id of answer.over) {
      const connection = this.connections.find(id);
      if (connection) this.server.end(connection, tooManyConnections('user', socketsPerUser));
    }
    return answer.changes;
  }

  private markAway(): void {
    const idleSince = this.clock.nowMs() - AWAY_AFTER_MS;
    for (const connection of this.connections) {
      if (connection.away || connection.activeAtMs > idleSince) continue;
      connection.away = true;
      this.written.set(connection.id, connection);
    }
  }
}

function rowOf(connection: LiveConnection): object {
  const { id, principal, away, address, client, connectedAtMs } = connection;
  return {
    id,
    tenantId: principal.tenantId ?? PLATFORM_TENANT,
    userId: principal.userId,
    sessionId: connection.claims.sid,
    // A program that holds somebody's key is not that person at a device, and a device of its own is nobody.
    person: !principal.apiKey && !connection.device,
    away,
    address,
    client,
    connectedAt: new Date(connectedAtMs).toISOString(),
  };
}
