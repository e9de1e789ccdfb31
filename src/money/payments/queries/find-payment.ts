import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { PaymentDetails, PaymentSummary } from '../contracts/payment-details';
import type { AttemptState, IntentStatus } from '../contracts/payment-view';
import { paymentNotFound } from '../domain/payments.errors';

export interface SummaryRow {
  id: string;
  status: IntentStatus;
  payable_type: string;
  payable_id: string;
  amount: number;
  currency: string;
  captured: number;
  refunded: number;
  error_code: string | null;
  error_message: string | null;
  created_at: Date;
  captured_at: Date | null;
}

/** Columns of a summary, over `payments.intents i`. */
export const SUMMARY_COLUMNS = `i.id, i.status, i.payable_type, i.payable_id, i.amount::float8 as amount, i.currency,
  t.captured::float8 as captured, t.refunded::float8 as refunded, i.error_code, i.error_message, i.created_at, i.captured_at`;
export const SUMMARY_TOTALS = `left join lateral (select coalesce(sum(captured), 0) as captured, coalesce(sum(refunded), 0) as refunded
  from payments.attempts a where a.tenant_id = i.tenant_id and a.intent_id = i.id) t on true`;

const errorOf = (row: { error_code: string | null; error_message: string | null }) =>
  row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' };

export const summaryOf = (row: SummaryRow): PaymentSummary => ({
  id: row.id,
  status: row.status,
  payable: { type: row.payable_type, id: row.payable_id },
  amount: { amount: row.amount, currency: row.currency },
  captured: { amount: row.captured, currency: row.currency },
  refunded: { amount: row.refunded, currency: row.currency },
  error: errorOf(row),
  createdAt: row.created_at.toISOString(),
  capturedAt: row.captured_at?.toISOString() ?? null,
});

interface AttemptRow {
  id: string;
  state: AttemptState;
  provider: string;
  error_code: string | null;
  error_message: string | null;
  authorized: number;
  captured: number;
  refunded: number;
  fee: number | null;
  fee_currency: string | null;
  gateway_id: string;
  provider_payment_id: string | null;
  method_type: string;
  currency: string;
  action_url: string | null;
  created_at: Date;
  settled_at: Date | null;
}

/** One payment with its tries, for the shop's staff. @throws AppError not-found `payments.payment-not-found` */
export class FindPaymentQuery extends Query<PaymentDetails> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(FindPaymentQuery)
export class FindPaymentHandler implements IQueryHandler<FindPaymentQuery> {
  constructor(private readonly database: Database) {}

  async execute({ id }: FindPaymentQuery): Promise<PaymentDetails> {
    const tenantId = currentContext().tenantId;
    const [intent] = await this.database.read<SummaryRow & { capture: 'automatic' | 'manual' }>(
      `select ${SUMMARY_COLUMNS}, i.capture from payments.intents i ${SUMMARY_TOTALS} where i.tenant_id = $1 and i.id = $2`,
      [tenantId, id],
    );
    if (!intent) throw paymentNotFound();
    const attempts = await this.database.read<AttemptRow>(
      `select id, state, provider, error_code, error_message, authorized::float8 as authorized,
         captured::float8 as captured, refunded::float8 as refunded, fee::float8 as fee, fee_currency, gateway_id, provider_payment_id,
         method_type, currency, action_url,
         created_at, settled_at from payments.attempts where tenant_id = $1 and intent_id = $2 order by created_at, id`,
      [tenantId, id],
    );
    const waiting = attempts.find(({ state }) => state === 'authentication_pending');
    return {
      ...summaryOf(intent),
      capture: intent.capture,
      nextAction:
        intent.status === 'requires_action' && waiting?.action_url
          ? { type: 'redirect', url: waiting.action_url }
          : null,
      attempts: attempts.map((row) => ({
        id: row.id,
        state: row.state,
        provider: row.provider,
        error: errorOf(row),
        authorized: { amount: row.authorized, currency: row.currency },
        captured: { amount: row.captured, currency: row.currency },
        refunded: { amount: row.refunded, currency: row.currency },
        fee: row.fee === null ? null : { amount: row.fee, currency: row.fee_currency! },
        gatewayId: row.gateway_id,
        providerPaymentId: row.provider_payment_id,
        method: row.method_type,
        createdAt: row.created_at.toISOString(),
        settledAt: row.settled_at?.toISOString() ?? null,
      })),
    };
  }
}
