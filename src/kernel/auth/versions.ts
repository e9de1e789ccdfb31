import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { atMost } from '../cache/bounds';
import type { BatchStatement } from '../database/batch-query';
import { Database } from '../database/database';
import { named } from '../database/statements';
import { AppError } from '../errors/app-error';
import type { Transaction } from '../database/transaction';

/** How long another process's change may stay unseen when its notification is lost (milliseconds). */
const STALE_MS = 4_000;
const READ = 'select id, version from kernel.auth_versions where id = any($1::uuid[])';

/** The id whose version rises when a signing key is revoked: every token is then verified once more. */
export const REVOKED_KEYS = '00000000-0000-0000-0000-00000000005f';

export interface VersionRow {
  id: string;
  version: number;
}

/** 503: the request was judged by rights that are no longer the caller's. */
export const rightsChanged = (): AppError =>
  new AppError('auth.rights-changed', 'unavailable', 'Rights changed while the request ran.', {
    hint: 'Send the request again; it is then judged by the new rights.',
    retryAfterSeconds: 1,
    retryable: true,
  });

/**
 * Versions of sessions and of tenants' policies. A session's version rises when it is revoked, a tenant's when roles
 * or grants change; a token or a compiled permission map made for an older version is void. Unknown ids have version 0.
 */
@Injectable()
export class AuthVersions {
  // Machine time, not kernel time: staleness is about this process's view of the database.
  private readonly cache = new LRUCache<string, number>({ ...atMost(50_000), ttl: STALE_MS });
  private readonly listeners = new Set<(id: string) => void>();
  /** Of each read that is under way, what was forgotten meanwhile: an older version must not outlive a revocation. */
  private readonly reads = new Set<Set<string>>();

  constructor(private readonly database: Database) {}

  /** Raises a version inside the transaction that changes the facts; other processes are told after the commit. */
  async bump(tx: Transaction, id: string): Promise<number> {
    const rows = await tx.query<{ version: number }>(
      `insert into kernel.auth_versions (id, version, changed_at) values ($1, 1, kernel.now())
       on conflict (id) do update set version = auth_versions.version + 1, changed_at = excluded.changed_at returning version`,
      [id],
    );
    tx.afterCommit(() => this.announce(id));
    return rows[0].version;
  }

  /** The version of one id as the transaction sees it. */
  async read(tx: Transaction, id: string): Promise<number> {
    return (await tx.query<VersionRow>(READ, [[id]]))[0]?.version ?? 0;
  }

  /** The version of one id where it is cached; undefined where it has to be asked for. */
  known(id: string): number | undefined {
    return this.cache.get(id);
  }

  /** Current versions, from a cache that is at most a few seconds old. */
  async current(ids: string[]): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    const missing: string[] = [];
    for (const id of ids) {
      const version = this.cache.get(id);
      if (version === undefined) missing.push(id);
      else found.set(id, version);
    }
    if (missing.length > 0) {
      for (const id of missing) found.set(id, 0);
      const overtaken = new Set<string>();
      this.reads.add(overtaken);
      try {
        for (const row of await this.database.readPlatform<VersionRow>(READ, [missing])) found.set(row.id, row.version);
      } finally {
        this.reads.delete(overtaken);
      }
      for (const id of missing) if (!overtaken.has(id)) this.cache.set(id, found.get(id)!);
    }
    return found;
  }

  /** The versions as a statement that travels with BEGIN: the last word before a write. */
  statement(ids: string[]): BatchStatement {
    return named(READ, [ids]);
  }

  /** Forgets what is cached of `id` (called on this process's changes and on notifications of others). */
  evict(id: string): void {
    this.cache.delete(id);
    for (const overtaken of this.reads) overtaken.add(id);
    for (const listener of this.listeners) listener(id);
  }

  /** Called with each id whose version changed, on whichever process (sockets close, permission maps are dropped). */
  onChange(listener: (id: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Set by the listener bridge: tells the other processes. */
  publish: (id: string) => void = () => undefined;

  private announce(id: string): void {
    this.evict(id);
    this.publish(id);
  }
}
