import type { PoolClient } from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { AUDIT_COLUMNS, type AuditRow, type AuditSink } from '../audit/audit';
import type { AuthVersions, VersionRow } from '../auth/versions';
import type { Keyring } from '../crypto/keyring';
import { currentContext, type IdempotencyRequest } from '../context/request-context';
import { AppError } from '../errors/app-error';
import { newId } from '../ids/ids';
import type { DomainEvent } from '../messaging/domain-event';
import type { JobClass, TimerClass } from '../messaging/reaction';
import type { MessagingRegistry } from '../messaging/registry';
import { logger } from '../telemetry/logger';
import type { BatchResult, BatchStatement } from './batch-query';
import { tenantStatement } from './database';
import { answerStatement, claimStatements, judgeClaim, leaseStatement, type StoredKey } from './idempotency';
import { observeBatch } from './sql-metrics';
import { named } from './statements';
import { Store } from './store';
import type { JobRequest, Transaction } from './transaction';

const BEGIN: BatchStatement = { text: 'begin', name: 'k_begin', rows: false };
const COMMIT: BatchStatement = { text: 'commit', name: 'k_commit', rows: false };
const EVENTS = `insert into kernel.events (tenant_id, id, type, aggregate_id, version, payload, traceparent, at)
  select $1, x.id, x.type, x.aggregate_id, x.version, x.payload, x.traceparent, kernel.now()
  from json_to_recordset($2::json) as x(id uuid, type text, aggregate_id text, version int, payload jsonb, traceparent text)`;
const DELIVERIES = `insert into kernel.deliveries (tenant_id, id, event_id, kind, name, due_at, ordering_key, payload, traceparent)
  select $1, x.id, x.event_id, x.kind, x.name, coalesce(x.due_at, kernel.now()), x.ordering_key, x.payload, x.traceparent
  from json_to_recordset($2::json) as x(id uuid, event_id uuid, kind text, name text, due_at timestamptz, ordering_key text, payload jsonb, traceparent text)`;

interface DeliveryRow {
  id: string;
  event_id: string;
  kind: 'reaction' | 'timer' | 'job';
  name: string;
  due_at: Date | null;
  ordering_key: string | null;
  traceparent: string | null;
  payload: object | null;
}

export interface TransactionParts {
  dataSource: DataSource;
  registry: MessagingRegistry;
  versions: AuthVersions;
  audit?: AuditSink;
  /** Seals stored answers; needed where requests carry idempotency keys. */
  keyring?: Keyring;
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
  private begun = false;
  private doomed: unknown;
  private savepoints = 0;
  private events: DomainEvent[] = [];
  private deliveries: DeliveryRow[] = [];
  /** The trace that each event was recorded in: a batch of reactions shares its transaction, not its trace. */
  private readonly traces = new WeakMap<DomainEvent, string>();
  private commands = new Map<string, AuditRow>();
  private hooks: (() => void | Promise<void>)[] = [];
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
    this.prefix = [BEGIN, tenantStatement(tenantId)];
  }

  // --- statements ---------------------------------------------------------------------------------------------------

  async query<Row extends object>(text: string, params: unknown[] = []): Promise<Row[]> {
    return (await this.send([named(text, params)]))[0].rows as Row[];
  }

  async execute(text: string, params: unknown[] = []): Promise<number> {
    return (await this.send([named(text, params, false)]))[0].count;
  }

  /** Sends statements with whatever waits to go first; answers the results of `statements` alone. */
  async send(statements: BatchStatement[]): Promise<BatchResult[]> {
    const waiting = this.prefix;
    this.prefix = [];
    if (waiting[0] === BEGIN) this.begun = true;
    const results = await observeBatch(this.client, [...waiting, ...statements]);
    return results.slice(waiting.length);
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
        if (this.prefix.length > 0) await this.send([]);
        return query(...args);
      }) as QueryRunner['query'];
      this.runner = runner;
    }
    return this.runner.manager;
  }

  // --- what the commit carries --------------------------------------------------------------------------------------

  record(...events: DomainEvent[]): void {
    for (const event of events) {
      this.events.push(event);
      const { traceparent } = currentContext();
      if (traceparent) this.traces.set(event, traceparent);
      for (const reaction of this.parts.registry.reactionsOn(event.type)) {
        this.deliver('reaction', reaction.name, null, null, reaction.orderingKey?.(event) ?? null, event.id);
      }
    }
  }

  job<P extends object>(job: JobClass<P>, payload: P, request: JobRequest = {}): void {
    this.deliver('job', this.parts.registry.jobName(job), payload, request.dueAt ?? null, request.orderingKey ?? null);
  }

  timer<P extends object>(timer: TimerClass<P>, payload: P, dueAt: Date): void {
    this.deliver('timer', this.parts.registry.timerName(timer), payload, dueAt, null);
  }

  private deliver(
    kind: DeliveryRow['kind'],
    name: string,
    payload: object | null,
    dueAt: Date | null,
    orderingKey: string | null,
    eventId?: string,
  ): void {
    const id = newId();
    this.deliveries.push({
      id,
      event_id: eventId ?? id,
      kind,
      name,
      due_at: dueAt,
      ordering_key: orderingKey,
      payload,
      traceparent: currentContext().traceparent ?? null,
    });
  }

  afterCommit(work: () => void | Promise<void>): void {
    this.hooks.push(work);
  }

  lease(resource: string, seconds = 60): void {
    this.leaseOn = { resource, seconds };
  }

  answer(body: unknown): void {
    this.answered = { body };
  }

  /** Notes the running command for the audit trail; called by each `run`, outermost or joined. */
  noteCommand(): void {
    const { command, principal, requestId, ip } = currentContext();
    if (!command || !this.parts.audit || this.commands.has(command.name)) return;
    this.commands.set(command.name, {
      id: newId(),
      action: command.name,
      actor_kind: principal.kind,
      actor_id: principal.userId,
      session_id: principal.sessionId,
      request_id: requestId,
      ip: ip ?? null,
      target: command.target,
      result: 'ok',
    });
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
    const name = `s${++this.savepoints}`;
    const kept = { events: this.events.length, deliveries: this.deliveries.length, hooks: this.hooks.length };
    const mark: BatchStatement = { text: `savepoint ${name}`, name: `k_save_${name}`, rows: false };
    this.defer(mark);
    try {
      const result = await work();
      const unsent = this.prefix.indexOf(mark);
      // Nothing was sent since: the savepoint need not exist at all.
      if (unsent >= 0) this.prefix.splice(unsent, 1);
      else this.defer({ text: `release savepoint ${name}`, name: `k_release_${name}`, rows: false });
      return result;
    } catch (error) {
      this.events.length = kept.events;
      this.deliveries.length = kept.deliveries;
      this.hooks.length = kept.hooks;
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

  // --- start and end ------------------------------------------------------------------------------------------------

  /**
   * On a request with an idempotency key, takes the key with BEGIN; always checks, on the way, that the session and
   * the rights which the guard saw still hold.
   */
  async claimIdempotency(): Promise<void> {
    const { idempotency, principal } = currentContext();
    const claims = idempotency?.phase === 'new' ? claimStatements(this.tenantId, idempotency.scope) : [];
    const ids = [principal.sessionId, principal.tenantId].filter((id): id is string => id !== null);
    const checks = principal.sessionId ? [this.parts.versions.statement(ids)] : [];
    if (claims.length === 0 && checks.length === 0) return;
    const results = await this.send([...checks, ...claims]);
    if (checks.length > 0) this.checkVersions(results[0].rows as unknown as VersionRow[]);
    if (claims.length > 0) {
      const [lock, found] = results.slice(checks.length);
      this.resumed = judgeClaim(lock.rows[0].locked as boolean, found.rows[0] as unknown as StoredKey | undefined, {
        tenantId: this.tenantId,
        ...idempotency!,
        keyring: this.parts.keyring!,
      });
    }
  }

  private checkVersions(rows: VersionRow[]): void {
    const { principal } = currentContext();
    const version = (id: string | null): number => rows.find((row) => row.id === id)?.version ?? 0;
    if (version(principal.sessionId) !== principal.sessionVersion) {
      this.parts.versions.evict(principal.sessionId!);
      throw new AppError('auth.session-ended', 'unauthenticated', 'This session has ended.', {
        hint: 'Sign in again.',
      });
    }
    if (principal.tenantId && version(principal.tenantId) !== principal.policyVersion) {
      this.parts.versions.evict(principal.tenantId);
      throw new AppError('auth.rights-changed', 'unavailable', 'Rights changed while the request ran.', {
        hint: 'Send the request again; it is then judged by the new rights.',
        retryAfterSeconds: 1,
        retryable: true,
      });
    }
  }

  /** The rows that the unit of work collected, as statements of the current tenant; empties the collection. */
  flushStatements(): BatchStatement[] {
    const statements: BatchStatement[] = [];
    if (this.events.length > 0) {
      const rows = this.events.map((e) => ({
        id: e.id,
        type: e.type,
        aggregate_id: e.aggregateId,
        version: e.version ?? null,
        payload: e.payload,
        traceparent: this.traces.get(e) ?? null,
      }));
      statements.push(named(EVENTS, [this.tenantId, JSON.stringify(rows)], false));
      this.events = [];
    }
    if (this.deliveries.length > 0) {
      statements.push(named(DELIVERIES, [this.tenantId, JSON.stringify(this.deliveries)], false));
      this.deliveries = [];
      this.hasDeliveries = true;
    }
    if (this.commands.size > 0 && (this.begun || statements.length > 0)) {
      statements.push(
        named(
          `insert into ${this.parts.audit!.table} (tenant_id, at, ${AUDIT_NAMES})
           select $1, kernel.now(), ${AUDIT_NAMES} from json_to_recordset($2::json) as x(${AUDIT_COLUMNS})`,
          [this.tenantId, JSON.stringify([...this.commands.values()])],
          false,
        ),
      );
      this.commands.clear();
    }
    return statements;
  }

  /** Sends what was collected and COMMIT in one trip. A transaction that sent and collected nothing costs none. */
  async commit(result: unknown): Promise<void> {
    if (this.doomed) throw this.doomed;
    const statements = [...this.flushStatements(), ...this.idempotencyStatements(result)];
    if (!this.begun && statements.length === 0) return;
    const results = await this.send([...statements, COMMIT]);
    // COMMIT of a failed transaction answers ROLLBACK without an error.
    if (results.length === 0) throw new Error('The transaction was not committed.');
  }

  private idempotencyStatements(result: unknown): BatchStatement[] {
    const { idempotency } = currentContext();
    if (!idempotency || idempotency.phase === 'done') return [];
    const { scope, bodyHash, status } = idempotency;
    if (this.leaseOn) {
      this.nextPhase = 'leased';
      return [leaseStatement(this.tenantId, scope, bodyHash, this.leaseOn.resource, this.leaseOn.seconds)];
    }
    const answer = this.answered ?? (idempotency.phase === 'new' ? { body: result } : undefined);
    if (!answer) return [];
    this.nextPhase = 'done';
    return [answerStatement(this.tenantId, scope, bodyHash, status, answer.body, this.parts.keyring!)];
  }

  /** After the commit: the request's key is leased or answered. */
  settleIdempotency(): void {
    const { idempotency } = currentContext();
    if (idempotency && this.nextPhase) idempotency.phase = this.nextPhase;
  }

  /** Ends the transaction without effect. @returns the error when the connection must not be used again. */
  async rollback(): Promise<Error | undefined> {
    if (!this.begun) return undefined;
    try {
      this.prefix = [];
      await this.send([{ text: 'rollback', name: 'k_rollback', rows: false }]);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  async runAfterCommit(): Promise<void> {
    for (const hook of this.hooks) {
      try {
        await hook();
      } catch (error) {
        logger.warn({ err: error }, 'after-commit work failed');
      }
    }
  }
}

const AUDIT_NAMES = AUDIT_COLUMNS.split(', ')
  .map((column) => column.split(' ')[0])
  .join(', ');
