import type { PoolClient } from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { callerOf, recordOf, type AuditRecord, type AuditScope, type AuditSink, type FlushPart } from '../audit/audit';
import { MOST_CHANGES, type Change } from '../audit/changes';
import type { Principal } from '../auth/principal';
import { rightsChanged, type AuthVersions, type VersionRow } from '../auth/versions';
import type { Keyring } from '../crypto/keyring';
import { currentContext, maybeContext, runInContext, type IdempotencyRequest } from '../context/request-context';
import { AppError } from '../errors/app-error';
import { newId } from '../ids/ids';
import type { DomainEvent } from '../messaging/domain-event';
import type { JobClass, TimerClass } from '../messaging/reaction';
import type { MessagingRegistry } from '../messaging/registry';
import { logger } from '../telemetry/logger';
import type { BatchResult, BatchStatement } from './batch-query';
import { tenantStatement, writerStatement } from './database';
import { flushStatement } from './flush';
import { answerPart, findStatement, judgeClaim, leasePart, taking, type StoredKey } from './idempotency';
import { deliveriesPart, eventsPart, reactionsTo, type DeliveryRow } from './outbox';
import { observeBatch } from './sql-metrics';
import { named } from './statements';
import { Store } from './store';
import { Trips } from './trips';
import type { JobRequest, Transaction } from './transaction';

const BEGIN: BatchStatement = { text: 'begin', name: 'k_begin', rows: false };
const COMMIT: BatchStatement = { text: 'commit', name: 'k_commit', rows: false };
const ROLLBACK: BatchStatement = { text: 'rollback', name: 'k_rollback', rows: false };

/** What one outermost command did in this transaction. */
interface PendingAudit {
  scope: AuditScope;
  caller: ReturnType<typeof callerOf>;
  ip?: string;
  userAgent?: string;
  steps: Set<string>;
  changes: Change[];
  untold: number;
}

export interface TransactionParts {
  dataSource: DataSource;
  registry: MessagingRegistry;
  versions: AuthVersions;
  audit?: AuditSink;
  /** Seals stored answers; needed where requests carry idempotency keys. */
  keyring?: Keyring;
  /** Its statements keep their plans (`RunOptions`). */
  keepPlans?: boolean;
}

/**
 * The transaction behind `Transaction`. BEGIN, the tenant and savepoints are not sent by themselves but travel with the
 * next statement, and what the unit of work collected (events, deliveries, audit rows, the idempotency answer) travels
 * with COMMIT: a command that loads and updates one row costs three trips.
 */
export class OpenTransaction implements Transaction {
  readonly store: Store;
  resumed: string | null = null;
  hasDeliveries = false;

  private prefix: BatchStatement[];
  private readonly trips: Trips;
  /** Something was put off with `later`: there is a commit to make, although nothing may have been sent. */
  private owesWrites = false;
  /** Statements that were put off with `later`, for as long as they wait. */
  private readonly putOff = new WeakSet<BatchStatement>();
  /** How many `together` are under way. */
  private abreast = 0;
  private begun = false;
  private doomed: unknown;
  private savepoints = 0;
  private events: DomainEvent[] = [];
  private deliveries: DeliveryRow[] = [];
  private rows: FlushPart[] = [];
  /** The trace that each event was recorded in: a batch of reactions shares its transaction, not its trace. */
  private readonly traces = new WeakMap<DomainEvent, string>();
  private readonly audits = new Map<AuditScope, PendingAudit>();
  private told: (() => void)[] = [];
  /** Something other than a plain read was sent. */
  private wrote = false;
  private readonly behind: BatchStatement[] = [];
  private hooks: { work: () => void | Promise<void>; once?: string }[] = [];
  private readonly remains: (() => Promise<void>)[] = [];
  private leaseOn: { resource: string; seconds: number } | undefined;
  private answered: { body: unknown } | undefined;
  private nextPhase: IdempotencyRequest['phase'] | undefined;
  private runner: QueryRunner | undefined;

  constructor(
    private readonly client: PoolClient,
    public tenantId: string,
    private readonly parts: TransactionParts,
  ) {
    this.store = new Store(this, parts.dataSource);
    this.trips = new Trips(client);
    this.prefix = [BEGIN, this.naming()];
  }

  // --- statements ---------------------------------------------------------------------------------------------------

  async query<Row extends object>(text: string, params: unknown[] = []): Promise<Row[]> {
    return (await this.send([named(text, params)]))[0].rows as Row[];
  }

  async present(): Promise<Date> {
    const [{ now }] = await this.query<{ now: Date }>('select kernel.now() as now');
    return now;
  }

  async execute(text: string, params: unknown[] = []): Promise<number> {
    return (await this.send([named(text, params, false)]))[0].count;
  }

  later(text: string, params: unknown[] = [], otherwise?: () => Error): void {
    this.wrote = true;
    this.owesWrites = true;
    const statement = otherwise
      ? named(
          text.replaceAll(':label', `$${params.length + 1}::text`),
          [...params, this.trips.expect(otherwise)],
          false,
        )
      : named(text, params, false);
    this.putOff.add(statement);
    this.defer(statement);
  }

  /** Runs work that runs side by side on this transaction; see `together`. */
  async sideBySide<T>(work: () => Promise<T>): Promise<T> {
    this.abreast += 1;
    try {
      return await work();
    } finally {
      this.abreast -= 1;
    }
  }

  /**
   * Sends statements with whatever waits to go first; answers the results of `statements` alone. What is sent while the
   * process does not wait for anything (by work that runs side by side, see `together`) travels in one trip, in order.
   */
  send(statements: BatchStatement[]): Promise<BatchResult[]> {
    const waiting = this.prefix;
    this.prefix = [];
    if (waiting[0] === BEGIN && !this.trips.ended) this.begun = true;
    this.wrote ||= statements.some(({ text }) => writes(text));
    return this.trips.take(waiting, statements);
  }

  /** Lets a statement travel with the next one. */
  defer(...statements: BatchStatement[]): void {
    this.prefix.push(...statements);
  }

  get manager(): EntityManager {
    if (!this.runner) {
      const runner = this.parts.dataSource.createQueryRunner();
      Object.assign(runner, { databaseConnection: this.client, isTransactionActive: true, transactionDepth: 1 });
      const query = runner.query.bind(runner);
      runner.query = (async (...args: Parameters<QueryRunner['query']>) => {
        if (this.prefix.length > 0 || this.trips.waiting) await this.send([]);
        return query(...args);
      }) as QueryRunner['query'];
      this.runner = runner;
      this.wrote = true;
    }
    return this.runner.manager;
  }

  // --- what the commit carries --------------------------------------------------------------------------------------

  record(...events: DomainEvent[]): void {
    for (const event of events) {
      this.events.push(event);
      const { traceparent } = currentContext();
      if (traceparent) this.traces.set(event, traceparent);
      this.deliveries.push(...reactionsTo(event, this.parts.registry, traceparent ?? null));
    }
  }

  withCommit(inserts: readonly string[], row: object): void {
    this.rows.push({ texts: [...inserts], json: JSON.stringify(row) });
  }

  handled(reaction: string, aggregateId: string): void {
    const about = new Set(this.events.filter((event) => event.aggregateId === aggregateId).map(({ id }) => id));
    this.deliveries = this.deliveries.filter(({ name, event_id }) => name !== reaction || !about.has(event_id));
  }

  job<P extends object>(job: JobClass<P>, payload: P, request: JobRequest = {}): void {
    this.deliver('job', this.parts.registry.jobName(job), payload, request.dueAt ?? null, request.orderingKey ?? null);
  }

  timer<P extends object>(timer: TimerClass<P>, payload: P, dueAt: Date): string {
    return this.deliver('timer', this.parts.registry.timerName(timer), payload, dueAt, null);
  }

  cancelTimer(id: string): void {
    this.later(
      `delete from kernel.deliveries where tenant_id = $1 and id = (select d.id from kernel.deliveries d
         where d.tenant_id = $1 and d.id = $2 and d.kind = 'timer' for update skip locked)`,
      [this.tenantId, id],
    );
  }

  private deliver(
    kind: 'job' | 'timer',
    name: string,
    payload: object,
    dueAt: Date | null,
    orderingKey: string | null,
  ): string {
    const id = newId();
    this.deliveries.push({
      id,
      event_id: id,
      kind,
      name,
      due_at: dueAt,
      ordering_key: orderingKey,
      payload,
      traceparent: currentContext().traceparent ?? null,
    });
    return id;
  }

  behindCommit(...statements: BatchStatement[]): void {
    this.behind.push(...statements);
  }

  afterCommit(work: () => void | Promise<void>, once?: string): void {
    this.hooks.push({ work, once });
  }

  afterRollback(work: () => Promise<void>): void {
    this.remains.push(work);
  }

  lease(resource: string, seconds = 60): void {
    this.leaseOn = { resource, seconds };
  }

  answer(body: unknown): void {
    this.answered = { body };
  }

  /** Notes the running command for the audit trail; called by each `run`, outermost or joined. */
  noteCommand(): void {
    const context = currentContext();
    const { audit: scope, command } = context;
    if (!scope || !this.parts.audit) return;
    let pending = this.audits.get(scope);
    if (!pending) {
      const { ip, userAgent } = context;
      pending = { scope, caller: callerOf(context), ip, userAgent, steps: new Set(), changes: [], untold: 0 };
      this.audits.set(scope, pending);
    }
    if (command && command !== scope.command) pending.steps.add(command.name);
  }

  /** The transaction exists to say in the trail that something is read. */
  noteRead(): void {
    this.wrote = true;
  }

  /** True when the store should tell what it writes. */
  get watchesChanges(): boolean {
    return this.audits.size > 0;
  }

  /** True when the fields of inserted rows belong into the trail. */
  get tellsInserts(): boolean {
    const scope = maybeContext()?.audit;
    return scope !== undefined && this.parts.audit!.tellsInserts(scope.command.name);
  }

  /** Notes a row that the store wrote, for the audit trail. */
  noteChange(change: Change): void {
    const scope = maybeContext()?.audit;
    const pending = scope && this.audits.get(scope);
    if (!pending) return;
    if (pending.changes.length < MOST_CHANGES) pending.changes.push(change);
    else pending.untold += 1;
  }

  // --- joining and savepoints ---------------------------------------------------------------------------------------

  /** Runs the work of an inner `run`: same connection, same commit. An error dooms the whole transaction. */
  async join<T>(work: (tx: Transaction) => Promise<T>, tenantId?: string): Promise<T> {
    if (tenantId && tenantId !== this.tenantId) {
      throw new Error('A unit of work writes for one tenant; an inner run named another.');
    }
    this.noteCommand();
    try {
      return await work(this);
    } catch (error) {
      if (this.savepoints === 0) this.doomed ??= error;
      throw error;
    }
  }

  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    // It would undo what the others did meanwhile, their locks included.
    if (this.abreast > 0) throw new Error('A savepoint must not be set beside other work of its transaction.');
    const name = `s${++this.savepoints}`;
    const kept = {
      events: this.events.length,
      deliveries: this.deliveries.length,
      rows: this.rows.length,
      hooks: this.hooks.length,
      behind: this.behind.length,
    };
    const audited = new Map([...this.audits].map(([scope, { changes, untold }]) => [scope, [changes.length, untold]]));
    const mark: BatchStatement = { text: `savepoint ${name}`, name: `k_save_${name}`, rows: false };
    this.defer(mark);
    try {
      const result = await work();
      const release: BatchStatement = { text: `release savepoint ${name}`, name: `k_release_${name}`, rows: false };
      const unsent = this.prefix.indexOf(mark);
      // What was put off must fail here, where it can be undone alone.
      if (this.prefix.slice(unsent + 1).some((statement) => this.putOff.has(statement))) await this.send([release]);
      // Nothing was sent since: the savepoint need not exist at all.
      else if (unsent >= 0) this.prefix.splice(unsent, 1);
      else this.defer(release);
      return result;
    } catch (error) {
      this.events.length = kept.events;
      this.deliveries.length = kept.deliveries;
      this.rows.length = kept.rows;
      this.hooks.length = kept.hooks;
      this.behind.length = kept.behind;
      this.undoAudits(audited);
      const unsent = this.prefix.indexOf(mark);
      if (unsent >= 0) this.prefix.splice(unsent);
      else {
        this.prefix = [];
        await this.send([{ text: `rollback to savepoint ${name}`, name: `k_undo_${name}`, rows: false }]);
      }
      throw error;
    } finally {
      this.savepoints -= 1;
    }
  }

  /** What a savepoint undid was not done. */
  private undoAudits(kept: Map<AuditScope, number[]>): void {
    for (const [scope, pending] of this.audits) {
      const before = kept.get(scope);
      if (!before) this.audits.delete(scope);
      else [pending.changes.length, pending.untold] = before;
    }
  }

  // --- start and end ------------------------------------------------------------------------------------------------

  /** The statement that names the tenant to the database. */
  private naming(): BatchStatement {
    return this.parts.keepPlans ? writerStatement(this.tenantId) : tenantStatement(this.tenantId);
  }

  /**
   * On a request with an idempotency key, takes the key with BEGIN; always checks, on the way, that the session and
   * the rights which the guard saw still hold.
   */
  async claimIdempotency(): Promise<void> {
    const { idempotency, principal } = currentContext();
    const claimed = idempotency?.phase === 'new' ? idempotency : undefined;
    const credential = credentialOf(principal);
    const ids = [credential, principal.tenantId].filter((id): id is string => id !== null);
    const checks = credential ? [this.parts.versions.statement(ids)] : [];
    if (!claimed) {
      if (checks.length === 0) return;
      const [{ rows }] = await this.send(checks);
      return this.checkVersions(rows as unknown as VersionRow[]);
    }
    // The key is taken by the statement that names the tenant.
    const naming = taking(this.prefix.pop()!, claimed.scope);
    const results = await this.send([naming, ...checks, findStatement(this.tenantId, claimed.scope)]);
    if (checks.length > 0) await this.checkVersions(results[1].rows as unknown as VersionRow[]);
    const found = results[results.length - 1].rows[0] as unknown as StoredKey | undefined;
    this.resumed = judgeClaim(results[0].rows[0].locked as boolean, found, {
      tenantId: this.tenantId,
      ...claimed,
      keyring: this.parts.keyring!,
    });
  }

  private async checkVersions(rows: VersionRow[]): Promise<void> {
    const context = currentContext();
    const { principal, renew } = context;
    const version = (id: string | null): number => rows.find((row) => row.id === id)?.version ?? 0;
    const credential = credentialOf(principal);
    if (version(credential) !== principal.sessionVersion) {
      this.parts.versions.evict(credential!);
      throw new AppError('auth.session-ended', 'unauthenticated', 'This session has ended.', {
        hint: 'Sign in again.',
      });
    }
    if (principal.tenantId && version(principal.tenantId) !== principal.policyVersion) {
      this.parts.versions.evict(principal.tenantId);
      if (!renew) throw rightsChanged();
      const { wrote } = this;
      // By this transaction, as the versions were: who looks elsewhere and comes back may be overtaken for ever.
      context.principal = await renew(async (statements) =>
        (await this.send([...statements, this.naming()])).slice(0, statements.length),
      );
      // Judging is no work of the command's.
      this.wrote = wrote;
    }
  }

  /** The rows that the unit of work collected, as one statement of the current tenant; empties the collection. */
  async flushStatements(result?: unknown, others: readonly FlushPart[] = []): Promise<BatchStatement[]> {
    const parts: FlushPart[] = this.rows;
    this.rows = [];
    if (this.events.length > 0) {
      parts.push(eventsPart(this.events, (event) => this.traces.get(event) ?? null));
      this.events = [];
    }
    if (this.deliveries.length > 0) {
      parts.push(deliveriesPart(this.deliveries));
      this.deliveries = [];
      this.hasDeliveries = true;
    }
    const records = this.auditRecords(parts.length > 0, result instanceof AppError ? result.code : 'ok');
    if (records.length > 0) {
      const stored = await this.parts.audit!.store(this.tenantId, records);
      parts.push(...stored.parts);
      this.told.push(stored.committed);
    }
    parts.push(...others);
    return parts.length > 0 ? [flushStatement(this.tenantId, parts)] : [];
  }

  /**
   * One record per outermost command: with the first commit that writes, and with a later one of the same command where
   * further commands ran or rows changed. A refusal that the work returned, so that what it counted is committed, is its
   * result: nothing further is told of it when it is thrown.
   */
  private auditRecords(collected: boolean, result: string): AuditRecord[] {
    const records: AuditRecord[] = [];
    for (const [scope, { caller, ip, userAgent, steps, changes, untold }] of this.audits) {
      const news = scope.written === 0 ? this.wrote || collected : steps.size > 0 || changes.length > 0;
      if (!news) continue;
      const told =
        untold > 0 ? [...changes, { entity: `and ${untold} more`, id: null, op: 'update' as const }] : changes;
      records.push(recordOf(scope, caller, { ip, userAgent }, { result, steps: [...steps], changes: told }));
      this.told.push(() => {
        scope.written += 1;
        if (result !== 'ok') scope.refused = result;
      });
    }
    this.audits.clear();
    return records;
  }

  /** Sends what was collected and COMMIT in one trip. A transaction that sent and collected nothing costs none. */
  async commit(result: unknown): Promise<void> {
    if (this.doomed) throw this.doomed;
    const statements = await this.flushStatements(result, this.idempotencyParts(result));
    if (!this.begun && statements.length === 0 && !this.owesWrites && this.behind.length === 0) return;
    const sent = this.send([...statements, COMMIT, ...this.behind]);
    // Whatever is asked for from here on would run behind the COMMIT.
    this.trips.ended = true;
    await sent;
  }

  private idempotencyParts(result: unknown): FlushPart[] {
    const { idempotency } = currentContext();
    if (!idempotency || idempotency.phase === 'done') return [];
    const { scope, bodyHash, status } = idempotency;
    if (this.leaseOn) {
      this.nextPhase = 'leased';
      return [leasePart(scope, bodyHash, this.leaseOn.resource, this.leaseOn.seconds)];
    }
    const answer = this.answered ?? (idempotency.phase === 'new' ? { body: result } : undefined);
    if (!answer) return [];
    this.nextPhase = 'done';
    return [answerPart(this.tenantId, scope, bodyHash, status, answer.body, this.parts.keyring!)];
  }

  /** After the commit: the request's key is leased or answered. */
  settleIdempotency(): void {
    const { idempotency } = currentContext();
    if (idempotency && this.nextPhase) idempotency.phase = this.nextPhase;
  }

  /** Ends the transaction without effect. @returns the error when the connection must not be used again. */
  async rollback(): Promise<Error | undefined> {
    await this.trips.end();
    if (!this.trips.opened) return undefined;
    try {
      // In a trip of its own: behind a statement that fails it would be skipped.
      await observeBatch(this.client, [ROLLBACK]);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  async runAfterRollback(): Promise<void> {
    if (this.remains.length === 0) return;
    await runInContext({ transaction: undefined, idempotency: undefined, audit: undefined }, async () => {
      for (const work of this.remains) {
        try {
          await work();
        } catch (error) {
          logger.error({ err: error }, 'after-rollback work failed');
        }
      }
    });
  }

  async runAfterCommit(): Promise<void> {
    for (const tell of this.told) tell();
    const last = new Map(this.hooks.map((hook) => [hook.once, hook]));
    for (const hook of this.hooks) {
      if (hook.once !== undefined && last.get(hook.once) !== hook) continue;
      try {
        await hook.work();
      } catch (error) {
        logger.warn({ err: error }, 'after-commit work failed');
      }
    }
  }
}

/** Plain reads: nothing is locked and no function of ours runs. By text, as statements are few. */
const READS =
  /^\s*select\b(?!.*\bfor (?:no key )?(?:update|share)\b)(?!.*\b(?!kernel\.(?:now|tenant_id))[a-z_]+\.[a-z_]+\()/is;
const known = new Map<string, boolean>();
const MOST_KNOWN = 2_000;

function writes(text: string): boolean {
  let found = known.get(text);
  if (found === undefined) {
    found = !READS.test(text) && !/^(?:begin|commit|rollback|savepoint|release)/.test(text);
    if (known.size < MOST_KNOWN) known.set(text, found);
  }
  return found;
}

/** The session or API key that a principal came with. */
const credentialOf = ({ sessionId, apiKey }: Principal): string | null => sessionId ?? apiKey?.id ?? null;
