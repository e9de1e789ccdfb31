import type { EntityManager } from 'typeorm';
import type { DomainEvent } from '../messaging/domain-event';
import type { JobClass, TimerClass } from '../messaging/reaction';
import type { BatchStatement } from './batch-query';
import type { Store } from './store';

export interface JobRequest {
  /** Kernel time before which the job is not handed to its queue; default now. */
  dueAt?: Date;
  /** Jobs with the same key are handed over in order. */
  orderingKey?: string;
}

/** The open transaction of a unit of work: one tenant, one connection, one commit. */
export interface Transaction {
  readonly tenantId: string;
  /** TypeORM's manager on this transaction's connection; for the rare query that `store` and `query` cannot say. */
  readonly manager: EntityManager;
  readonly store: Store;
  /** Rows of a named (prepared) statement on this transaction's connection. */
  query<Row extends object>(text: string, params?: unknown[]): Promise<Row[]>;
  /**
   * What time it is by the database's clock: for what is compared with times that events, timers or statements have from
   * there. The process's own may be ahead of it or behind.
   */
  present(): Promise<Date>;
  /** Number of rows that a named statement affected. */
  execute(text: string, params?: unknown[]): Promise<number>;
  /**
   * A write whose answer nobody needs: it travels with the next statement, or with COMMIT. Where it must change exactly
   * so many rows, the statement says so itself, as `kernel.expect_rows(count(*), 1, :label)`, and the transaction fails
   * with the error of `otherwise`.
   */
  later(text: string, params?: unknown[], otherwise?: () => Error): void;
  /**
   * Rows that are written by the one statement which writes the events of this commit: inserts over `$json` (`row`), `$1`
   * the tenant. Nothing of the transaction sees them, and what is wrong with them fails the commit.
   */
  withCommit(inserts: readonly string[], row: object): void;
  /**
   * This transaction has done what `reaction` would do about the events that it recorded of an aggregate: they are not
   * delivered to it.
   */
  handled(reaction: string, aggregateId: string): void;
  /** Stores these events and one delivery per registered reaction, in this commit. */
  record(...events: DomainEvent[]): void;
  /** Asks for a BullMQ job: a delivery row in this commit, handed to the queue after it. */
  job<P extends object>(job: JobClass<P>, payload: P, request?: JobRequest): void;
  /** Asks for a timer that fires once at or after `dueAt` (kernel time), in a transaction of its own. @returns its id */
  timer<P extends object>(timer: TimerClass<P>, payload: P, dueAt: Date): string;
  /**
   * Takes a timer of this tenant, asked for by an earlier commit, back in this one. One that fires at this moment is not waited for: what it finds
   * must tell it that it is not wanted any more.
   */
  cancelTimer(id: string): void;
  /**
   * Best-effort statements in a transaction of their own, which travel in the trip of COMMIT and run behind it, when its
   * locks are gone: for shared counters that nobody should wait for while this commit is on its way to the disk. They set
   * what they need (`writerStatement`). An error in them is logged.
   */
  behindCommit(...statements: BatchStatement[]): void;
  /**
   * Best-effort work after the commit (socket push, cache eviction); errors are logged and never matter.
   * @param once of works with the same text only the last runs: what is told once a commit
   */
  afterCommit(work: () => void | Promise<void>, once?: string): void;
  /**
   * What must be left behind even when this transaction is undone, such as that a try was counted: runs after the
   * rollback, before the caller hears of it, in a context of its own (no transaction, no idempotency key, no audit entry).
   * Not for failures after which the work is tried again. An error in it is logged.
   */
  afterRollback(work: () => Promise<void>): void;
  /**
   * Runs `work` under a savepoint: when it throws, its writes, events and jobs are undone and the transaction goes on.
   * Without one, an error inside a joined `uow.run` dooms the whole transaction, even if it is caught.
   */
  savepoint<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Resumable idempotency: points the request's key at `resource` for `seconds`. An equal request is refused with 409
   * until then, and takes over afterwards (`resumed`). A later unit of work of the same request stores the answer
   * with `answer()`; without a lease the value that the first outermost `uow.run` returns is stored by itself.
   */
  lease(resource: string, seconds?: number): void;
  /** Stores `body` as the answer of the request's idempotency key, in this commit (needed after `lease` only). */
  answer(body: unknown): void;
  /** The resource that an earlier, unfinished run of this request left, or null. */
  readonly resumed: string | null;
}
