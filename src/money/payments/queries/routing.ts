import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { newId } from '../../../kernel/ids/ids';
import type { Money } from '../../../kernel/money/money';
import { GatewayDesk } from '../adapters/gateway-desk';
import { unknownMethod } from '../domain/payments.errors';
import { route, type RoutingRule } from '../domain/routing';

/** The rules by which accounts take payments, in their order. */
export interface RoutingView {
  /** 0 where nobody saved any. */
  version: number;
  rules: RoutingRule[];
  changedAt: string | null;
}

export class FindRoutingQuery extends Query<RoutingView> {}

/** An account that a payment would go to. */
export interface RoutedGateway {
  gatewayId: string;
  provider: string;
  testMode: boolean;
  /** What the provider's script in the browser is started with: Stripe's publishable key, PayPal's client id. */
  clientKey: string | null;
}

/**
 * Where a payment would go: the account for whose script the shopper's browser makes a token, then those that take over.
 * @throws AppError invalid `payments.unknown-method`
 */
export class RoutePaymentQuery extends Query<{ data: RoutedGateway[] }> {
  constructor(
    readonly payment: { method: string; amount: Money; country: string | null },
    /** The same key is always shown the same account; default another one each time. */
    readonly key: string | null,
  ) {
    super();
  }
}

@QueryHandler(FindRoutingQuery)
export class FindRoutingHandler implements IQueryHandler<FindRoutingQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<RoutingView> {
    const [row] = await this.database.read<{ version: number; rules: RoutingRule[]; created_at: Date }>(
      `select version, rules, created_at from payments.routings where tenant_id = $1 order by version desc limit 1`,
      [currentContext().tenantId],
    );
    return row
      ? { version: row.version, rules: row.rules, changedAt: row.created_at.toISOString() }
      : { version: 0, rules: [], changedAt: null };
  }
}

@QueryHandler(RoutePaymentQuery)
export class RoutePaymentHandler implements IQueryHandler<RoutePaymentQuery> {
  constructor(
    private readonly database: Database,
    private readonly desk: GatewayDesk,
  ) {}

  async execute({ payment, key }: RoutePaymentQuery): Promise<{ data: RoutedGateway[] }> {
    const rows = await this.database.read<AccountRow>(
      `select id, provider, methods, test_mode, api_base as "apiBase", hints, (select rules from payments.routings r where r.tenant_id = g.tenant_id
         order by version desc limit 1) as rules
       from payments.gateways g where tenant_id = $1 and status = 'active' order by created_at, id`,
      [currentContext().tenantId],
    );
    const able = rows.filter((account) => this.desk.able(account, payment.method, payment.amount.currency));
    const ids = able.map(({ id }) => id);
    const found = route(rows[0]?.rules ?? [], payment, ids, key ?? newId());
    if (!found) throw unknownMethod(payment.method);
    const shown = found.failover ? found.gatewayIds : found.gatewayIds.slice(0, 1);
    return { data: shown.map((id) => routedOf(able.find((account) => account.id === id)!)) };
  }
}

interface AccountRow {
  id: string;
  provider: string;
  methods: string[] | null;
  apiBase: string | null;
  test_mode: boolean;
  hints: Record<string, string>;
  rules: RoutingRule[] | null;
}

/** Public credentials alone are kept in full among the hints. */
const routedOf = ({ id, provider, test_mode: testMode, hints }: AccountRow): RoutedGateway => ({
  gatewayId: id,
  provider,
  testMode,
  clientKey: hints.publishableKey ?? hints.clientId ?? null,
});
