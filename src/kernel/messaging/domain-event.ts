import { newId } from '../ids/ids';

/**
 * A fact that happened to an aggregate. Subclasses live in a context's `contracts/` and carry a literal, versioned
 * `type` such as `orders.order-placed.v1`; a payload grows only by addition.
 */
export abstract class DomainEvent<P extends object = object> {
  static readonly type: string;
  readonly id = newId();

  constructor(
    readonly aggregateId: string,
    readonly payload: P,
    /** Version of the aggregate after the change; state events carry it so that older ones can be ignored. */
    readonly version?: number,
  ) {}

  get type(): string {
    return (this.constructor as typeof DomainEvent).type;
  }
}

/** Constructor of an event class, with its literal name. */
export type EventClass<E extends DomainEvent = DomainEvent> = (abstract new (...args: never[]) => E) & {
  readonly type: string;
};

/** An event as stored and handed to reactions. */
export interface StoredEvent<E extends DomainEvent = DomainEvent> {
  id: string;
  type: string;
  tenantId: string;
  aggregateId: string;
  version: number | null;
  payload: E extends DomainEvent<infer P> ? P : never;
  at: Date;
}

/** Base of aggregates that record events; `store.save()` moves them into the transaction. */
export abstract class Aggregate {
  // Not a column: TypeORM reads decorated properties only.
  private recordedEvents?: DomainEvent[];

  protected record(event: DomainEvent): void {
    (this.recordedEvents ??= []).push(event);
  }

  /** Returns the recorded events and forgets them. */
  pullEvents(): DomainEvent[] {
    const events = this.recordedEvents ?? [];
    this.recordedEvents = undefined;
    return events;
  }
}
