import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { Money } from '../../../kernel/money/money';
import { logger } from '../../../kernel/telemetry/logger';
import { GatewayDesk } from '../adapters/gateway-desk';
import { GatewayAccounts } from '../data/gateway-accounts';
import type { ReportedPayout, SettlementEntry } from '../domain/payment-gateway';
import { gatewaySilent, payoutNotFound } from '../domain/payments.errors';
import type { PayoutView } from './reconciliations';

/** A payout with what the provider says it is made of. */
export interface PayoutDetails extends PayoutView {
  status: ReportedPayout['status'] | null;
  arrivesAt: string | null;
  lines:
    | {
        id: string;
        type: SettlementEntry['type'];
        providerPaymentId: string | null;
        amount: Money;
        fee: Money;
        at: string;
      }[]
    | null;
}

/**
 * One payout; its lines are asked of the provider.
 * @throws AppError not-found `payments.payout-not-found`, unavailable `payments.gateway-silent`
 */
export class FindPayoutQuery extends Query<PayoutDetails> {
  constructor(readonly id: string) {
    super();
  }
}

interface Row {
  id: string;
  gateway_id: string;
  provider: string;
  object_id: string | null;
  amount: number;
  currency: string;
  at: Date;
}

@QueryHandler(FindPayoutQuery)
export class FindPayoutHandler implements IQueryHandler<FindPayoutQuery> {
  constructor(
    private readonly database: Database,
    private readonly accounts: GatewayAccounts,
    private readonly desk: GatewayDesk,
  ) {}

  async execute({ id }: FindPayoutQuery): Promise<PayoutDetails> {
    const tenantId = currentContext().tenantId!;
    const [row] = await this.database.read<Row>(
      `select e.id, e.gateway_id, g.provider, e.object_id, (-e.amount)::float8 as amount, e.currency, e.at
       from payments.settlement_entries e join payments.gateways g on g.tenant_id = e.tenant_id and g.id = e.gateway_id
       where e.tenant_id = $1 and e.id = $2 and e.type = 'payout'`,
      [tenantId, id],
    );
    if (!row) throw payoutNotFound();
    const reported = row.object_id ? await this.reported(tenantId, row.gateway_id, row.object_id) : null;
    return {
      id: row.id,
      gatewayId: row.gateway_id,
      provider: row.provider,
      providerPayoutId: row.object_id,
      amount: { amount: row.amount, currency: row.currency },
      at: row.at.toISOString(),
      status: reported?.status ?? null,
      arrivesAt: reported?.arrivesAt ?? null,
      // Some list the payout itself among its lines.
      lines: reported?.entries.filter(({ type }) => type !== 'payout').map(lineOf) ?? null,
    };
  }

  private async reported(tenantId: string, gatewayId: string, payoutId: string): Promise<ReportedPayout | null> {
    const account = await this.accounts.find(tenantId, gatewayId);
    if (!account || !this.desk.has(account.provider) || !this.desk.of(account.provider).fetchPayout) return null;
    try {
      return await this.desk.call(account, (gateway, signal) => gateway.fetchPayout!(account, payoutId, signal));
    } catch (error) {
      logger.warn({ err: error, payoutId }, 'the provider did not tell of a payout');
      throw gatewaySilent();
    }
  }
}

const lineOf = ({ id, type, providerPaymentId, amount, fee, at }: SettlementEntry) => ({
  id,
  type,
  providerPaymentId,
  amount,
  fee,
  at,
});
