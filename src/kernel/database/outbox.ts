import type { FlushPart } from '../audit/audit';
import { newId } from '../ids/ids';
import type { DomainEvent } from '../messaging/domain-event';
import type { MessagingRegistry } from '../messaging/registry';

const EVENTS = `insert into kernel.events (tenant_id, id, type, aggregate_id, version, payload, traceparent, at)
  select $1, x.id, x.type, x.aggregate_id, x.version, x.payload, x.traceparent, kernel.now()
  from json_to_recordset($json) as x(id uuid, type text, aggregate_id text, version int, payload jsonb, traceparent text)`;
const DELIVERIES = `insert into kernel.deliveries (tenant_id, id, event_id, kind, name, due_at, ordering_key, payload, traceparent)
  select $1, x.id, x.event_id, x.kind, x.name, coalesce(x.due_at, kernel.now()), x.ordering_key, x.payload, x.traceparent
  from json_to_recordset($json) as x(id uuid, event_id uuid, kind text, name text, due_at timestamptz, ordering_key text, payload jsonb, traceparent text)`;

/** Work that a commit asks for: a reaction to an event, a timer or a job. */
export interface DeliveryRow {
  id: string;
  event_id: string;
  kind: 'reaction' | 'timer' | 'job';
  name: string;
  due_at: Date | null;
  ordering_key: string | null;
  traceparent: string | null;
  payload: object | null;
}

/** The inserts of events; `traceOf` says in which trace each was recorded. */
export function eventsPart(events: readonly DomainEvent[], traceOf: (event: DomainEvent) => string | null): FlushPart {
  const rows = events.map((event) => ({
    id: event.id,
    type: event.type,
    aggregate_id: event.aggregateId,
    version: event.version ?? null,
    payload: event.payload,
    traceparent: traceOf(event),
  }));
  return { texts: [EVENTS], json: JSON.stringify(rows) };
}

export const deliveriesPart = (rows: readonly DeliveryRow[]): FlushPart => ({
  texts: [DELIVERIES],
  json: JSON.stringify(rows),
});

/** A delivery for each reaction to an event that is about it. */
export const reactionsTo = (
  event: DomainEvent,
  registry: MessagingRegistry,
  traceparent: string | null,
): DeliveryRow[] =>
  registry
    .reactionsOn(event.type)
    .filter(({ when }) => when === undefined || when(event))
    .map(({ name, orderingKey }) => ({
      id: newId(),
      event_id: event.id,
      kind: 'reaction',
      name,
      due_at: null,
      ordering_key: orderingKey?.(event) ?? null,
      traceparent,
      payload: null,
    }));

/** The inserts of an event that is said in a transaction without a unit of work. */
export function outboxParts(event: DomainEvent, registry: MessagingRegistry): FlushPart[] {
  const deliveries = reactionsTo(event, registry, null);
  return [eventsPart([event], () => null), ...(deliveries.length > 0 ? [deliveriesPart(deliveries)] : [])];
}
