import { Injectable } from '@nestjs/common';
import { clock } from '../clock/clock';
import type { EngineConnection } from './engine';
import { LiveConnection } from './live-connection';

/** Told of what happens to the connections of this process. */
export interface ConnectionWatcher {
  opened(connection: LiveConnection): void;
  closed(connection: LiveConnection): void;
  /** Somebody did something, or came back. */
  active(connection: LiveConnection): void;
}

/** The identified connections of this process. */
@Injectable()
export class LiveConnections {
  private readonly byEngine = new Map<EngineConnection, LiveConnection>();
  private readonly byHolder = new Map<string, number>();
  private readonly byTenant = new Map<string, number>();
  watcher: ConnectionWatcher | null = null;

  get size(): number {
    return this.byEngine.size;
  }

  get users(): number {
    return this.byHolder.size;
  }

  get tenants(): number {
    return this.byTenant.size;
  }

  [Symbol.iterator](): IterableIterator<LiveConnection> {
    return this.byEngine.values();
  }

  of(conn: EngineConnection): LiveConnection | undefined {
    return this.byEngine.get(conn);
  }

  find(id: string): LiveConnection | undefined {
    for (const connection of this.byEngine.values()) if (connection.id === id) return connection;
    return undefined;
  }

  /** How many connections the holder has in this process. */
  countOf(holder: string): number {
    return this.byHolder.get(holder) ?? 0;
  }

  /** How many connections a tenant has in this process. */
  countOfTenant(tenantId: string | null): number {
    return this.byTenant.get(String(tenantId)) ?? 0;
  }

  add(connection: LiveConnection): void {
    this.byEngine.set(connection.conn, connection);
    count(this.byHolder, connection.holder, 1);
    count(this.byTenant, String(connection.principal.tenantId), 1);
    this.watcher?.opened(connection);
  }

  remove(conn: EngineConnection): LiveConnection | undefined {
    const connection = this.byEngine.get(conn);
    if (!connection) return undefined;
    this.byEngine.delete(conn);
    count(this.byHolder, connection.holder, -1);
    count(this.byTenant, String(connection.principal.tenantId), -1);
    this.watcher?.closed(connection);
    return connection;
  }

  /** Its user did something of its own accord. */
  active(connection: LiveConnection): void {
    connection.activeAtMs = clock.nowMs();
    connection.saidAway = false;
    if (connection.away) this.watcher?.active(connection);
  }
}

function count(counts: Map<string, number>, key: string, by: number): void {
  const now = (counts.get(key) ?? 0) + by;
  if (now > 0) counts.set(key, now);
  else counts.delete(key);
}
