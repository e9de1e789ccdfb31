import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Counter, Histogram } from 'prom-client';
import { Clock } from '../../../kernel/clock/clock';
import type { BatchResult, BatchStatement } from '../../../kernel/database/batch-query';
import { Database, writerStatement } from '../../../kernel/database/database';
import { flushStatement } from '../../../kernel/database/flush';
import { outboxParts } from '../../../kernel/database/outbox';
import { observeBatch } from '../../../kernel/database/sql-metrics';
import { named } from '../../../kernel/database/statements';
import { newId } from '../../../kernel/ids/ids';
import { MessagingRegistry } from '../../../kernel/messaging/registry';
import { registry } from '../../../kernel/telemetry/metrics';
import { AuditSealed } from '../contracts/audit-events';
import { HeadsFile } from '../adapters/heads-file';
import { HeadKeys } from '../data/head-keys';
import { CHAINED } from '../data/trail-sql';
import { type ChainedRow, entryHash, GENESIS, type HeadClaims, merkleRoot, type SignedHead } from '../domain/chain';

/** Tenants that share a transaction. */
const TENANTS_AT_ONCE = 20;
/** Entries of one tenant that make a batch at most. */
export const MOST_ENTRIES = 500;
const MOST_TENANTS = 2_000;

const BEGIN: BatchStatement = { text: 'begin', name: 'k_begin', rows: false };
const COMMIT: BatchStatement = { text: 'commit', name: 'k_commit', rows: false };
const DUE = 'select t.id from audit.tenants_to_seal($1) as t(id)';
/** One sealer a tenant; the lock ends with the transaction, after its rows can be seen. */
const LEAD = `select pg_try_advisory_xact_lock(hashtextextended('audit ' || kernel.tenant_id()::text, 0)) as leads`;
const NEWEST = `select number, last_seq as "lastSeq", head from audit.batches where tenant_id = kernel.tenant_id() order by number desc limit 1`;
// Entries one by one (`offset 0`): the queue is full one moment and empty the next, and a plan that goes by what it was
// when statistics were made reads a whole month of entries for a few.
// Entries are counted, not markers: those whose entries were taken away stay for `verify` to tell, and hold up nothing.
export const WAITING = `select ${CHAINED} from (select id from audit.unsealed where tenant_id = kernel.tenant_id() order by id) u
  cross join lateral (select * from audit.entries e where e.tenant_id = kernel.tenant_id() and e.id = u.id offset 0) e
  order by u.id limit ${MOST_ENTRIES}`;
const SEALS = `insert into audit.seals (tenant_id, id, seq, batch_id, hash)
  select kernel.tenant_id(), x.id, $3::bigint + x.place - 1, $4, x.hash from unnest($1::uuid[], $2::bytea[]) with ordinality as x(id, hash, place)`;
const BATCH = `insert into audit.batches (tenant_id, id, number, first_seq, last_seq, head, newest_at, claims, signature, kid, at)
  select kernel.tenant_id(), $1, $2, $3, $4, $5, max(e.at), $6, $7, $8, $9 from audit.entries e
  where e.tenant_id = kernel.tenant_id() and e.id = any($10::uuid[])`;
/** The copy that belongs to the auditor: this role can add to it and do nothing else. */
const HEAD = `insert into auditor.heads (id, trail, number, last_seq, claims, signature, kid) values ($1, kernel.tenant_id(), $2, $3, $4, $5, $6)`;
const UNMARK = `delete from audit.unsealed where tenant_id = kernel.tenant_id() and id = any($1::uuid[])`;

const sealed = new Counter({
  name: 'audit_entries_sealed_total',
  help: 'Entries of the audit trail that were sealed.',
  registers: [registry],
});
const duration = new Histogram({
  name: 'audit_sealing_duration_seconds',
  help: 'Duration of one transaction of the sealer.',
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  registers: [registry],
});

interface Newest {
  number: number;
  lastSeq: number;
  head: Buffer;
}

/**
 * Gives entries their place in the chain, after the business commit: sequence, hash, Merkle root and signed head of each
 * batch. It works from the markers that were inserted with the entries, so that an entry whose transaction committed late
 * is sealed when it comes. Any number of processes may seal; each tenant has one at a time.
 */
@Injectable()
export class Sealer {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly keys: HeadKeys,
    private readonly file: HeadsFile,
    private readonly messaging: MessagingRegistry,
  ) {}

  /** Seals what waits now, a batch a tenant. @returns how many entries were sealed; call again until none were. */
  async sealDue(): Promise<number> {
    const tenants = await this.database.readPlatform<{ id: string }>(DUE, [MOST_TENANTS]);
    let count = 0;
    for (let i = 0; i < tenants.length; i += TENANTS_AT_ONCE)
      count += await this.sealTenants(tenants.slice(i, i + TENANTS_AT_ONCE).map(({ id }) => id));
    return count;
  }

  /** Seals until nothing waits that this process may seal. */
  async sealAll(): Promise<number> {
    let total = 0;
    for (let found = -1; found !== 0; total += found) found = await this.sealDue();
    return total;
  }

  private async sealTenants(tenants: readonly string[]): Promise<number> {
    const end = duration.startTimer();
    const client = await this.database.connect();
    let heads: SignedHead[];
    let count = 0;
    try {
      const looks = tenants.flatMap((id) => [writerStatement(id), named(LEAD), named(NEWEST), named(WAITING)]);
      const results = await observeBatch(client, [BEGIN, ...looks]);
      const statements: BatchStatement[] = [];
      heads = [];
      for (const [i, tenantId] of tenants.entries()) {
        const [, leads, newest, waiting] = results.slice(1 + i * 4, 5 + i * 4);
        if (leads.rows[0].leads !== true || waiting.rows.length === 0) continue;
        const made = await this.batchOf(
          tenantId,
          newest as unknown as BatchResult<Newest & Record<string, unknown>>,
          waiting.rows as unknown as ChainedRow[],
        );
        statements.push(...made.statements);
        heads.push(made.head);
        count += waiting.rows.length;
      }
      await observeBatch(client, [...statements, COMMIT]);
      client.release();
    } catch (error) {
      client.release(await undo(client));
      throw error;
    }
    sealed.inc(count);
    end();
    await this.file.append(heads);
    return count;
  }

  private async batchOf(
    tenantId: string,
    newest: BatchResult<Newest & Record<string, unknown>>,
    rows: readonly ChainedRow[],
  ): Promise<{ statements: BatchStatement[]; head: SignedHead }> {
    const { number, lastSeq, head: previous } = newest.rows[0] ?? { number: 0, lastSeq: 0, head: GENESIS };
    const hashes: Buffer[] = [];
    rows.forEach((row, i) => hashes.push(entryHash(hashes[i - 1] ?? previous, tenantId, lastSeq + 1 + i, row)));
    const head = hashes[hashes.length - 1];
    const ids = rows.map(({ id }) => id);
    const at = this.clock.now();
    const claims: HeadClaims = {
      v: 1,
      trail: tenantId,
      number: number + 1,
      firstSeq: lastSeq + 1,
      lastSeq: lastSeq + rows.length,
      root: merkleRoot(hashes).toString('hex'),
      head: head.toString('hex'),
      previous: previous.toString('hex'),
      at: at.toISOString(),
    };
    const signed = await this.keys.sign(claims);
    const id = newId();
    const { firstSeq, lastSeq: last } = claims;
    const said = new AuditSealed(id, {
      number: claims.number,
      firstSeq,
      lastSeq: last,
      root: claims.root,
      head: claims.head,
      kid: signed.kid,
    });
    return {
      head: { trail: tenantId, ...signed },
      statements: [
        writerStatement(tenantId),
        named(SEALS, [ids, hashes, firstSeq, id], false),
        named(
          BATCH,
          [id, claims.number, firstSeq, last, head, signed.claims, signed.signature, signed.kid, at, ids],
          false,
        ),
        named(HEAD, [newId(), claims.number, last, signed.claims, signed.signature, signed.kid], false),
        named(UNMARK, [ids], false),
        flushStatement(tenantId, outboxParts(said, this.messaging)),
      ],
    };
  }
}

/** @returns the error when the connection cannot be used again */
async function undo(client: PoolClient): Promise<Error | undefined> {
  try {
    await observeBatch(client, [{ text: 'rollback', name: 'k_rollback', rows: false }]);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
