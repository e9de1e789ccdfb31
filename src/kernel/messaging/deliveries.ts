import { Injectable } from '@nestjs/common';
import { PLATFORM_TENANT } from '../context/request-context';
import { notFound } from '../errors/app-error';
import { newId } from '../ids/ids';
import type { BatchStatement } from '../database/batch-query';
import { Database, tenantStatement, writerStatement } from '../database/database';
import { named } from '../database/statements';
import { DeliverySignal } from './delivery-signal';
import type { DomainEvent } from './domain-event';
import { MessagingRegistry } from './registry';

/** A row of the outbox, inbox and dead-letter list in one. */
export interface DeliveryView {
  id: string;
  tenantId: string;
  eventId: string;
  kind: 'reaction' | 'timer' | 'job';
  name: string;
  state: 'pending' | 'handed' | 'dead';
  attempts: number;
  dueAt: Date;
  lastError: string | null;
}

export interface DeliveryCounts {
  pending: number;
  handed: number;
  dead: number;
  /** Seconds since the oldest due delivery became due; 0 when none is due. */
  oldestSeconds: number;
}

/** Statements that act as the worker's narrow role, which sees deliveries of all tenants and nothing else. */
export const AS_WORKER: BatchStatement = {
  text: `select set_config('role', 'mainstay_worker', true)`,
  name: 'k_as_worker',
  rows: false,
};
export const AS_APP: BatchStatement = {
  text: `select set_config('role', 'mainstay_app', true)`,
  name: 'k_as_app',
  rows: false,
};
/** Events that a backfill looks at together. */
const BACKFILLED = 1_000;
const VIEW = `id, tenant_id as "tenantId", event_id as "eventId", kind, name, state, attempts, due_at as "dueAt", last_error as "lastError"`;

/** Looks at deliveries and moves them by hand: for operators, health and the job runner. */
@Injectable()
export class Deliveries {
  constructor(
    private readonly database: Database,
    private readonly registry: MessagingRegistry,
    private readonly signal: DeliverySignal,
  ) {}

  /** Counts over all tenants. */
  async counts(): Promise<DeliveryCounts> {
    const rows = await this.asWorker<DeliveryCounts>(
      named(`select count(*) filter (where state = 'pending')::int as pending, count(*) filter (where state = 'handed')::int as handed,
          count(*) filter (where state = 'dead')::int as dead,
          coalesce(greatest(0, extract(epoch from kernel.now() - min(due_at) filter (where state = 'pending'))), 0)::float8 as "oldestSeconds"
        from kernel.deliveries`),
    );
    return rows[0];
  }

  /** Deliveries over all tenants, oldest first; `after` is the id of the last one seen. */
  list(
    filter: { state?: DeliveryView['state']; name?: string; after?: string; limit?: number } = {},
  ): Promise<DeliveryView[]> {
    return this.asWorker<DeliveryView>(
      named(
        `select ${VIEW} from kernel.deliveries where ($1::text is null or state = $1) and ($2::text is null or name = $2)
          and ($3::uuid is null or id > $3) order by id limit $4`,
        [filter.state ?? null, filter.name ?? null, filter.after ?? null, filter.limit ?? 100],
      ),
    );
  }

  /** Lets dead or waiting deliveries run now, with their attempts forgotten. @returns how many. */
  async replay(filter: { id?: string; name?: string; state?: DeliveryView['state'] }): Promise<DeliveryView[]> {
    const rows = await this.asWorker<DeliveryView>(
      named(
        `update kernel.deliveries set state = 'pending', attempts = 0, due_at = kernel.now(), last_error = null
        where ($1::uuid is null or id = $1) and ($2::text is null or name = $2) and ($3::text is null or state = $3)
        returning ${VIEW}`,
        [filter.id ?? null, filter.name ?? null, filter.state ?? null],
      ),
    );
    if (filter.id && rows.length === 0) throw notFound('deliveries.not-found', 'No such delivery.');
    if (rows.length > 0) this.signal.raise();
    return rows;
  }

  /**
   * Makes deliveries of a reaction for events of one tenant that happened before the reaction existed (events are kept
   * 30 days), of those alone that it is about. One that waits already is not made twice; one that is done is, because
   * nothing is kept of it: what ran before runs again.
   * @param onBatch told after each thousand events: how many were looked at, of how many
   * @returns the number of deliveries made
   * @throws AppError not-found `deliveries.unknown-reaction`
   */
  async backfill(
    tenantId: string,
    name: string,
    since: Date,
    onBatch: (looked: number, all: number) => void = () => undefined,
  ): Promise<number> {
    const reaction = this.registry.reaction(name);
    if (!reaction) throw notFound('deliveries.unknown-reaction', `No reaction is called ${name}.`);
    const { on, when } = reaction.options;
    const ofTenant = async <Row>(text: string, params: unknown[]): Promise<{ rows: Row[]; count: number }> => {
      const results = await this.database.send([tenantStatement(tenantId), named(text, params)]);
      return results[1] as unknown as { rows: Row[]; count: number };
    };
    const { rows: counted } = await ofTenant<{ all: number }>(
      `select count(*)::int as "all" from kernel.events where tenant_id = $1 and type = $2 and at >= $3`,
      [tenantId, on.type, since],
    );
    let [looked, made] = [0, 0];
    for (let after: string | null = null; ;) {
      const { rows: events }: { rows: DomainEvent[] } = await ofTenant<DomainEvent>(
        `select id, type, aggregate_id as "aggregateId", version, payload from kernel.events
         where tenant_id = $1 and type = $2 and at >= $3 and ($4::uuid is null or id > $4) order by id limit ${BACKFILLED}`,
        [tenantId, on.type, since, after],
      );
      const rows = events
        .filter((event) => when === undefined || when(event))
        .map(({ id }) => ({ id: newId(), event_id: id }));
      const { count } = await ofTenant(
        `insert into kernel.deliveries (tenant_id, id, event_id, kind, name, due_at)
         select $1, x.id, x.event_id, 'reaction', $2, kernel.now() from json_to_recordset($3::json) as x(id uuid, event_id uuid)
         on conflict do nothing`,
        [tenantId, name, JSON.stringify(rows)],
      );
      made += count;
      looked += events.length;
      onBatch(looked, Math.max(looked, counted[0].all));
      if (count > 0) this.signal.raise();
      if (events.length < BACKFILLED) return made;
      after = events[events.length - 1].id;
    }
  }

  /** Removes deliveries of finished jobs, tenant by tenant. */
  async finish(done: { tenantId: string; id: string }[]): Promise<void> {
    for (const [tenantId, ids] of byTenant(done)) {
      await this.database.send([
        writerStatement(tenantId),
        named('delete from kernel.deliveries where tenant_id = $1 and id = any($2::uuid[])', [tenantId, ids], false),
      ]);
    }
  }

  /** Marks the delivery of a job that failed for good. */
  async bury(tenantId: string, id: string, attempts: number, error: string): Promise<void> {
    await this.database.send([
      tenantStatement(tenantId),
      named(
        `update kernel.deliveries set state = 'dead', attempts = $3, last_error = left($4, 2000) where tenant_id = $1 and id = $2`,
        [tenantId, id, attempts, error],
        false,
      ),
    ]);
  }

  /** Notes a failed try of a job that its queue will repeat: visible to operators, handed again should the queue forget it. */
  async note(tenantId: string, id: string, attempts: number, error: string, retryAt: Date): Promise<void> {
    await this.database.send([
      tenantStatement(tenantId),
      named(
        `update kernel.deliveries set attempts = $3, last_error = left($4, 2000), due_at = greatest(due_at, $5::timestamptz + interval '10 minutes')
        where tenant_id = $1 and id = $2 and state = 'handed'`,
        [tenantId, id, attempts, error, retryAt],
        false,
      ),
    ]);
  }

  private async asWorker<Row extends object>(statement: BatchStatement): Promise<Row[]> {
    const results = await this.database.send([tenantStatement(PLATFORM_TENANT), AS_WORKER, statement]);
    return results[2].rows as Row[];
  }
}

function byTenant(rows: { tenantId: string; id: string }[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { tenantId, id } of rows) groups.set(tenantId, [...(groups.get(tenantId) ?? []), id]);
  return groups;
}
