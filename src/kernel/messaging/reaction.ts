import { SetMetadata } from '@nestjs/common';
import type { Transaction } from '../database/transaction';
import type { DomainEvent, EventClass, StoredEvent } from './domain-event';

export const REACTION = 'mainstay:reaction';
export const FORMER_REACTIONS = 'mainstay:former-reactions';
export const TIMER = 'mainstay:timer';
export const JOB = 'mainstay:job';

/** Queues by kind of work; at most eight. */
export type QueueName =
  'mail' | 'push' | 'stock-alerts' | 'payment-webhooks' | 'payments' | 'maintenance' | 'imports' | 'files';
export const QUEUES: readonly QueueName[] = [
  'mail',
  'push',
  'stock-alerts',
  'payment-webhooks',
  'payments',
  'maintenance',
  'imports',
  'files',
];

export interface ReactionOptions<E extends DomainEvent = DomainEvent> {
  /** Literal and unique over the product, `<context>.<verb-when-event>`; stored with every delivery. */
  name: string;
  on: EventClass<E>;
  /** Deliveries with the same key run in order; default: no order. */
  orderingKey?: (event: E) => string;
  /** Which of these events it is about, by what they say themselves; default all. Nothing is delivered of the others. */
  when?: (event: E) => boolean;
}

/** Marks a durable reaction: one delivery row per event, exactly-once effect on the database. */
export const Reaction = <E extends DomainEvent>(options: ReactionOptions<E>): ClassDecorator =>
  SetMetadata(REACTION, options);

/** Marks the class that took the place of reactions, by their names: deliveries that still wait for these are done. */
export const InPlaceOfReactions = (...names: string[]): ClassDecorator => SetMetadata(FORMER_REACTIONS, names);

/** Implemented by `@Reaction` classes. Short, database only; runs in a transaction whose tenant is the event's. */
export interface Reacts<E extends DomainEvent> {
  react(event: StoredEvent<E>, tx: Transaction): Promise<void>;
}

export interface TimerOptions {
  name: string;
}

/** Marks a durable timer: asked for with `tx.timer(Class, payload, dueAt)`, fires once at or after that kernel time. */
export const Timer = (options: TimerOptions): ClassDecorator => SetMetadata(TIMER, options);

/** Implemented by `@Timer` classes. */
export interface Fires<P extends object> {
  /**
   * @param now when it fires by the database's clock, by which it became due: the process's own may say that it is not yet,
   *   and a timer that believes it never fires again
   */
  fire(payload: P, tx: Transaction, now: Date): Promise<void>;
}

export interface JobOptions {
  name: string;
  queue: QueueName;
  /** Attempts before the job is dead; default 8, exponential back-off with jitter. */
  attempts?: number;
  /** What has none goes before all others of its queue, then the lower number; from 1 to 2,097,151. */
  priority?: number;
}

/** Marks a BullMQ job: slow or remote work, outside any transaction, idempotent. */
export const Job = (options: JobOptions): ClassDecorator => SetMetadata(JOB, options);

/** What a running job knows about itself; `id` is the delivery's id and so stable over retries. */
export interface RunningJob {
  id: string;
  attempt: number;
  tenantId: string;
}

/** Implemented by `@Job` classes. The context's tenant is set; there is no open transaction. */
export interface Runs<P extends object> {
  run(payload: P, job: RunningJob): Promise<void>;
}

export type JobClass<P extends object> = new (...args: never[]) => Runs<P>;
export type TimerClass<P extends object> = new (...args: never[]) => Fires<P>;

/** Thrown by a reaction whose facts are not there yet: it is tried again later and no attempt is counted. */
export class NotYet extends Error {
  constructor(
    reason = 'not yet',
    readonly delaySeconds = 1,
  ) {
    super(reason);
    this.name = 'NotYet';
  }
}
