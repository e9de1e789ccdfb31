import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { GatewayDesk } from '../adapters/gateway-desk';
import { gatewayNotFound } from '../domain/payments.errors';

/** An account at a provider without its secrets. */
export interface GatewayView {
  id: string;
  provider: string;
  name: string;
  status: 'active' | 'disabled';
  testMode: boolean;
  /** Public credentials in full, of secret ones the last four characters. */
  credentials: Record<string, string>;
  /** Null: all that the provider has. */
  methods: string[] | null;
  apiBase: string | null;
  /** Whoever runs this installation lets requests go to the provider. */
  reachable: boolean;
  capture: 'automatic' | 'manual';
  /** Where the provider sends its webhooks. */
  webhookUrl: string;
  createdAt: string;
  credentialsChangedAt: string | null;
}

interface Row {
  id: string;
  provider: string;
  name: string;
  status: 'active' | 'disabled';
  test_mode: boolean;
  hints: Record<string, string>;
  methods: string[] | null;
  api_base: string | null;
  capture: 'automatic' | 'manual';
  created_at: Date;
  secrets_changed_at: Date | null;
}

const SELECT = `select id, provider, name, status, test_mode, hints, methods, api_base, capture, created_at, secrets_changed_at
  from payments.gateways where tenant_id = $1`;

const viewOf = (row: Row, publicUrl: string, desk: GatewayDesk): GatewayView => ({
  id: row.id,
  provider: row.provider,
  name: row.name,
  status: row.status,
  testMode: row.test_mode,
  credentials: row.hints,
  methods: row.methods,
  apiBase: row.api_base,
  reachable: desk.reaches({ provider: row.provider, apiBase: row.api_base }),
  capture: row.capture,
  webhookUrl: `${publicUrl}/api/v1/payment-webhooks/${row.provider}/${row.id}`,
  createdAt: row.created_at.toISOString(),
  credentialsChangedAt: row.secrets_changed_at?.toISOString() ?? null,
});

/** The tenant's accounts at providers, oldest first; there are a handful at most. */
export class ListGatewaysQuery extends Query<{ data: GatewayView[] }> {}

/** One account. @throws AppError not-found `payments.gateway-not-found` */
export class FindGatewayQuery extends Query<GatewayView> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(ListGatewaysQuery)
export class ListGatewaysHandler implements IQueryHandler<ListGatewaysQuery> {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
    private readonly desk: GatewayDesk,
  ) {}

  async execute(): Promise<{ data: GatewayView[] }> {
    const rows = await this.database.read<Row>(`${SELECT} order by created_at, id limit 200`, [
      currentContext().tenantId,
    ]);
    return { data: rows.map((row) => viewOf(row, this.config.publicUrl, this.desk)) };
  }
}

@QueryHandler(FindGatewayQuery)
export class FindGatewayHandler implements IQueryHandler<FindGatewayQuery> {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
    private readonly desk: GatewayDesk,
  ) {}

  async execute({ id }: FindGatewayQuery): Promise<GatewayView> {
    const [row] = await this.database.read<Row>(`${SELECT} and id = $2`, [currentContext().tenantId, id]);
    if (!row) throw gatewayNotFound();
    return viewOf(row, this.config.publicUrl, this.desk);
  }
}
