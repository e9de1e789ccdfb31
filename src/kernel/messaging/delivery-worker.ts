import { Inject, Injectable, Optional } from '@nestjs/common';
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AuditSink } from '../audit/audit';
import { AuthVersions } from '../auth/versions';
import { clock } from '../clock/clock';
import { SYSTEM } from '../auth/principal';
import { PLATFORM_TENANT, runInContext } from '../context/request-context';
import { Database, tenantStatement, writerStatement } from '../database/database';
import { OpenTransaction } from '../database/open-transaction';
import { named } from '../database/statements';
import { AppError } from '../errors/app-error';
import { logger } from '../telemetry/logger';
import { span } from '../telemetry/tracing';
import { AS_APP, AS_WORKER } from './deliveries';
import { DeliverySignal } from './delivery-signal';
import type { StoredEvent } from './domain-event';
import { JobQueue, type HandedJob } from './job-queue';
import { NotYet, type QueueName } from './reaction';
import { MessagingRegistry } from './registry';

const BATCH = 50;
const HAND_OVER = 200;
const POLL_MS = 1_000;
/** How long a small batch waits for more (milliseconds): commits come in bursts, and a batch costs the same trips for 2 as for 50. */
const GATHER_MS = 15;
/** Attempts before a reaction is dead: with the back-off below about five hours. */
export const MOST_ATTEMPTS = 12;
/** A handed job whose end was never noted is handed again after this long (seconds); its queue ignores an id it knows. */
const HANDED_SECONDS = 600;

const EARLIER = `not exists (select 1 from kernel.deliveries e where e.tenant_id = d.tenant_id and e.name = d.name
  and e.ordering_key = d.ordering_key and e.id < d.id and e.state <> 'dead')`;
const CLAIM = `select d.id, d.tenant_id as "tenantId", d.event_id as "eventId", d.kind, d.name, d.attempts, d.payload, d.traceparent,
    kernel.now() as now
  from kernel.deliveries d
  where d.state = 'pending' and d.kind <> 'job' and d.due_at <= kernel.now() and (d.ordering_key is null or ${EARLIER})
  order by d.due_at, d.id limit $1 for update skip locked`;
const HAND = `with due as (select d.tenant_id, d.id, d.state = 'handed' as again from kernel.deliveries d
    where d.state <> 'dead' and d.kind = 'job' and d.due_at <= kernel.now() and (d.ordering_key is null or ${EARLIER})
    order by d.due_at, d.id limit $1 for update skip locked)
  update kernel.deliveries h set state = 'handed', due_at = kernel.now() + make_interval(secs => ${HANDED_SECONDS})
  from due where h.tenant_id = due.tenant_id and h.id = due.id
  returning h.id, h.tenant_id as "tenantId", h.name, h.payload, h.traceparent, due.again`;
const EVENTS = `select id, type, tenant_id as "tenantId", aggregate_id as "aggregateId", version, payload, at
  from kernel.events where tenant_id = $1 and id = any($2::uuid[])`;
const DONE = 'delete from kernel.deliveries where tenant_id = $1 and id = any($2::uuid[])';
const FAILED = `update kernel.deliveries set attempts = $3, state = $4, last_error = left($5, 2000),
    due_at = kernel.now() + make_interval(secs => $6) where tenant_id = $1 and id = $2`;
const RELAXED = { text: `select set_config('synchronous_commit', 'off', true)`, name: 'k_relaxed', rows: false };

interface Claimed {
  id: string;
  tenantId: string;
  eventId: string;
  kind: 'reaction' | 'timer';
  name: string;
  attempts: number;
  payload: object | null;
  traceparent: string | null;
  /** When it was claimed. */
  now: Date;
}

/** Exponential back-off with full jitter in seconds: 1 s doubling to one hour. */
export const backOffSeconds = (attempts: number): number => {
  const most = Math.min(3_600, 2 ** Math.min(attempts, 12));
  return most / 2 + randomInt(0, 1_000) * (most / 2_000);
};

/**
 * Runs reactions and timers, and hands jobs to their queues. Deliveries are claimed in batches with SKIP LOCKED over
 * all tenants, grouped by tenant, each run under a savepoint, and removed in the transaction that holds their effects:
 * exactly-once on the database. `synchronous_commit` is off because effect and mark share the commit.
 */
@Injectable()
export class DeliveryWorker {
  private stopping = false;
  private woken = false;
  private wakeUp: (() => void) | undefined;
  private loops: Promise<void>[] = [];
  private unsubscribe: (() => void) | undefined;
  private partitionsDay = '';

  constructor(
    private readonly database: Database,
    private readonly registry: MessagingRegistry,
    private readonly versions: AuthVersions,
    private readonly signal: DeliverySignal,
    @Optional() private readonly queue?: JobQueue,
    @Optional() @Inject(AuditSink) private readonly audit?: AuditSink,
  ) {}

  /** Starts the loop (worker role only). */
  start(): void {
    this.stopping = false;
    this.unsubscribe = this.signal.onRaise(() => this.wake());
    this.loops = [this.loop()];
  }

  /** Ends the loop after the running batch. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.unsubscribe?.();
    this.wake();
    await Promise.all(this.loops);
    this.loops = [];
  }

  /** Lets the loop look again now; calls while it works are joined into one. */
  wake(): void {
    this.woken = true;
    this.wakeUp?.();
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      this.woken = false;
      let found = 0;
      try {
        found = (await this.runOnce()) + (await this.handOver());
      } catch (error) {
        if (!this.stopping) logger.error({ err: error }, 'delivery batch failed');
      }
      if (found === 0 && !this.woken && !this.stopping) await this.sleep();
      if (found < BATCH / 2 && !this.stopping) await pause(GATHER_MS);
    }
  }

  private sleep(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, POLL_MS);
      const self = this;
      function done(): void {
        clearTimeout(timer);
        self.wakeUp = undefined;
        resolve();
      }
      this.wakeUp = done;
    });
  }

  /** Runs everything that is due until nothing is left: for tests and the command line. @returns how many ran. */
  async drain(): Promise<number> {
    let total = 0;
    for (;;) {
      const found = (await this.runOnce()) + (await this.handOver());
      total += found;
      if (found === 0) return total;
    }
  }

  /**
   * Claims and runs one batch. What undoes the batch as a whole (a deadlock, an event that cannot be stored, a rule that
   * is only checked at the commit) is found by running it one by one, so that no delivery holds up the others.
   */
  async runOnce(): Promise<number> {
    try {
      return await this.batch(BATCH);
    } catch (error) {
      if (error instanceof AppError) throw error;
      logger.warn({ err: error }, 'a batch of deliveries was undone; they are run one by one');
    }
    let done = 0;
    for (let i = 0; i < BATCH; i++) {
      const ran = await this.batch(1).catch(async (error: unknown) => {
        if (!(error instanceof BatchFailed)) throw error;
        await this.failAlone(error);
        return 1;
      });
      if (ran === 0) break;
      done += ran;
    }
    return done;
  }

  /** Notes, in a transaction of its own, the failure of a delivery that undid its transaction. */
  private async failAlone({ row, cause }: BatchFailed): Promise<void> {
    const code = (cause as { code?: string }).code;
    const retryable = code === '40P01' || code === '40001';
    const params = noteFailure(row, retryable ? new NotYet(cause.message) : cause);
    await this.database.send([tenantStatement(row.tenantId), named(FAILED, params, false)]);
  }

  private async batch(size: number): Promise<number> {
    const client = await this.database.connect();
    const tx = new OpenTransaction(client, PLATFORM_TENANT, {
      dataSource: this.database.dataSource,
      registry: this.registry,
      versions: this.versions,
      audit: this.audit,
      keepPlans: true,
    });
    let claimed: Claimed[] = [];
    try {
      tx.defer(RELAXED, AS_WORKER);
      claimed = (await tx.send([named(CLAIM, [size]), AS_APP]))[0].rows as unknown as Claimed[];
      for (const [tenantId, rows] of grouped(claimed)) {
        await runInContext({ transaction: tx, tenantId, principal: SYSTEM }, () => this.runTenant(tx, tenantId, rows));
      }
      await runInContext({ transaction: tx, tenantId: PLATFORM_TENANT, principal: SYSTEM }, () => tx.commit(undefined));
    } catch (error) {
      const broken = await tx.rollback();
      client.release(broken);
      // One alone, on a connection that still works: it is the delivery's own fault.
      throw claimed.length === 1 && !broken ? new BatchFailed(claimed[0], error as Error) : error;
    }
    client.release();
    if (tx.hasDeliveries) this.wake();
    await tx.runAfterCommit();
    return claimed.length;
  }

  private async runTenant(tx: OpenTransaction, tenantId: string, rows: Claimed[]): Promise<void> {
    tx.tenantId = tenantId;
    tx.defer(tenantStatement(tenantId));
    const ids = rows.filter((row) => row.kind === 'reaction').map((row) => row.eventId);
    const events = ids.length > 0 ? await tx.query<StoredEvent>(EVENTS, [tenantId, ids]) : [];
    const byId = new Map(events.map((event) => [event.id, event]));
    const done: string[] = [];
    for (const row of rows) {
      if (await this.runOne(tx, row, byId.get(row.eventId))) done.push(row.id);
    }
    const statements = await tx.flushStatements();
    if (done.length > 0) statements.push(named(DONE, [tenantId, done], false));
    if (statements.length > 0) await tx.send(statements);
  }

  /** Runs one delivery under a savepoint. @returns true when it is done; otherwise its failure is noted. */
  private async runOne(tx: OpenTransaction, row: Claimed, event: StoredEvent | undefined): Promise<boolean> {
    try {
      await tx.savepoint(() =>
        runInContext({ requestId: row.id, traceparent: row.traceparent ?? undefined }, () =>
          span(`delivery ${row.name}`, { 'messaging.message.id': row.id }, () => this.perform(tx, row, event)),
        ),
      );
      return true;
    } catch (error) {
      const code = (error as { code?: string }).code;
      if (code === '40P01' || code === '40001') throw error;
      await this.fail(tx, row, error);
      return false;
    }
  }

  private async perform(tx: OpenTransaction, row: Claimed, event: StoredEvent | undefined): Promise<void> {
    if (row.kind === 'timer') {
      const timer = this.registry.timer(row.name);
      if (!timer) throw new NotYet(`no timer is called ${row.name} in this release`, 60);
      return timer.instance.fire(row.payload ?? {}, tx, row.now);
    }
    const reaction = this.registry.reaction(row.name);
    if (!reaction && this.registry.isFormer(row.name)) return;
    if (!reaction) throw new NotYet(`no reaction is called ${row.name} in this release`, 60);
    // Events are kept 30 days; a delivery that outlived its event has nothing left to say.
    if (!event) return;
    return reaction.instance.react(event as never, tx);
  }

  private async fail(tx: OpenTransaction, row: Claimed, error: unknown): Promise<void> {
    await tx.execute(FAILED, noteFailure(row, error));
  }

  /** Hands due jobs to their queues: marked first, handed outside any transaction, handed again if that was lost. */
  async handOver(): Promise<number> {
    if (!this.queue) return 0;
    await this.partitions();
    const results = await this.database.send([writerStatement(PLATFORM_TENANT), AS_WORKER, named(HAND, [HAND_OVER])]);
    const rows = results[2].rows as unknown as (Claimed & { again: boolean })[];
    const queues = new Map<QueueName, HandedJob[]>();
    for (const row of rows) {
      const job = this.registry.job(row.name);
      if (!job) continue;
      const { queue, attempts = 8, priority } = job.options;
      const handed: HandedJob = {
        id: row.id,
        name: row.name,
        data: {
          tenantId: row.tenantId,
          payload: row.payload ?? {},
          traceparent: row.traceparent,
          ...(row.again ? { again: true } : {}),
        },
        attempts,
        ...(priority === undefined ? {} : { priority }),
      };
      queues.set(queue, [...(queues.get(queue) ?? []), handed]);
    }
    for (const [queue, jobs] of queues) {
      await this.queue.addBulk(queue, jobs).catch(async (error: unknown) => {
        logger.error({ err: error, queue }, 'queue is away; jobs are handed over later');
        await this.takeBack(jobs.map((job) => job.id));
      });
    }
    return rows.length;
  }

  /** The queue may have taken some nevertheless: they stay `handed`, so that the next hand-over is known to be a further one. */
  private async takeBack(ids: string[]): Promise<void> {
    await this.database.send([
      tenantStatement(PLATFORM_TENANT),
      AS_WORKER,
      named(
        `update kernel.deliveries set due_at = kernel.now() + interval '5 seconds' where id = any($1::uuid[]) and state = 'handed'`,
        [ids],
        false,
      ),
    ]);
  }

  /** Once a day makes the partitions of the coming months. Without them events go to the default partition: no job waits. */
  private async partitions(): Promise<void> {
    const today = clock.now().toISOString().slice(0, 10);
    if (this.partitionsDay === today) return;
    this.partitionsDay = today;
    try {
      await this.database.readPlatform('select kernel.ensure_partitions()');
    } catch (error) {
      logger.error({ err: error }, 'the coming partitions of events were not made');
    }
  }
}

/** A delivery that undid the transaction it ran in alone. */
class BatchFailed extends Error {
  constructor(
    readonly row: Claimed,
    override readonly cause: Error,
  ) {
    super(cause.message);
  }
}

/** What is written of a failed try: parameters of `FAILED`. Waiting counts no attempt. */
function noteFailure(row: Claimed, error: unknown): unknown[] {
  const message = error instanceof Error ? error.message : String(error);
  const waiting = error instanceof NotYet;
  const attempts = waiting ? row.attempts : row.attempts + 1;
  const dead = attempts >= MOST_ATTEMPTS;
  const delay = waiting ? error.delaySeconds : backOffSeconds(attempts);
  if (!waiting) logger.warn({ err: error, delivery: row.name, deliveryId: row.id, attempts, dead }, 'delivery failed');
  return [row.tenantId, row.id, attempts, dead ? 'dead' : 'pending', message, delay];
}

function grouped(rows: Claimed[]): Map<string, Claimed[]> {
  const groups = new Map<string, Claimed[]>();
  for (const row of rows) {
    const group = groups.get(row.tenantId);
    if (group) group.push(row);
    else groups.set(row.tenantId, [row]);
  }
  return groups;
}
