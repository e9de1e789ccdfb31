import type { EntityManager } from 'typeorm';
import type { DomainEvent } from '../messaging/domain-event';
import type { JobClass, TimerClass } from '../messaging/reaction';
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
  /** Number of rows that a named statement affected. */
  execute(text: string, params?: unknown[]): Promise<number>;
  /** Stores these events and one delivery per registered reaction, in this commit. */
  record(...events: DomainEvent[]): void;
  /** Asks for a BullMQ job: a delivery row in this commit, handed to the queue after it. */
  job<P extends object>(job: JobClass<P>, payload: P, request?: JobRequest): void;
  /** Asks for a timer that fires once at or after `dueAt` (kernel time), in a transaction of its own. */
  timer<P extends object>(timer: TimerClass<P>, payload: P, dueAt: Date): void;
  /** Best-effort work after the commit (socket push, cache eviction); errors are logged and never matter. */
  afterCommit(work: () => void | Promise<void>): void;
  /**
   * Points the request's idempotency key at `resource` for `seconds`: an equal request is refused with 409 until then,
   * and afterwards takes over (`resumed`). A later unit of work of the same request stores the answer.
   */
  lease(resource: string, seconds?: number): void;
  /** The resource that an earlier, unfinished run of this request left, or null. */
  readonly resumed: string | null;
}
