import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { NoticeKind } from '../domain/payment-gateway';
import type { ProviderEventState } from '../domain/provider-event-state';

/** A stored webhook with what it said and what became of it. */
export interface ProviderEventView {
  id: string;
  gatewayId: string;
  provider: string;
  /** The provider's id of the event. */
  eventId: string;
  kind: NoticeKind;
  type: string;
  status: ProviderEventState;
  attempts: number;
  replays: number;
  lastError: string | null;
  result: Record<string, unknown> | null;
  payload: Record<string, unknown>;
  receivedAt: string;
  processedAt: string | null;
}

interface Row extends Omit<ProviderEventView, 'receivedAt' | 'processedAt'> {
  received_at: Date;
  processed_at: Date | null;
}

const EVENTS = keyset({
  id: 'e.id',
  sorts: { receivedAt: { sql: 'e.received_at', type: 'timestamptz' } },
  defaultSort: '-receivedAt',
  filters: {
    status: { sql: 'e.state', type: 'text' },
    kind: { sql: 'e.kind', type: 'text' },
    gatewayId: { sql: 'e.gateway_id', type: 'uuid' },
    receivedAt: { sql: 'e.received_at', type: 'timestamptz' },
  },
});

/** The inbox of providers' webhooks. */
export class ListProviderEventsQuery extends Query<Page<ProviderEventView>> {
  constructor(
    readonly list: ListQuery & {
      status?: ProviderEventState[];
      kind?: NoticeKind[];
      gatewayId?: string[];
      receivedAt?: { gte?: string; gt?: string; lte?: string; lt?: string };
    },
  ) {
    super();
  }
}

@QueryHandler(ListProviderEventsQuery)
export class ListProviderEventsHandler implements IQueryHandler<ListProviderEventsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListProviderEventsQuery): Promise<Page<ProviderEventView>> {
    return EVENTS.run<Row, ProviderEventView>(this.database, list, {
      select: `e.id, e.gateway_id as "gatewayId", e.provider, e.event_id as "eventId", e.kind, e.type, e.state as status, e.attempts,
        e.replays, e.last_error as "lastError", e.result, e.payload, e.received_at, e.processed_at`,
      from: 'payments.provider_events e',
      where: 'e.tenant_id = $1',
      params: [currentContext().tenantId],
      map: (row) => ({
        id: row.id,
        gatewayId: row.gatewayId,
        provider: row.provider,
        eventId: row.eventId,
        kind: row.kind,
        type: row.type,
        status: row.status,
        attempts: row.attempts,
        replays: row.replays,
        lastError: row.lastError,
        result: row.result,
        payload: row.payload,
        receivedAt: row.received_at.toISOString(),
        processedAt: row.processed_at?.toISOString() ?? null,
      }),
    });
  }
}
