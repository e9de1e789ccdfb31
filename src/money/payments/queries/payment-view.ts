import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { AttemptState, IntentStatus, PaymentFacts } from '../contracts/payment-view';
import { PaymentViewQuery } from '../contracts/payment-view-query';

interface Row {
  id: string;
  payable_id: string;
  status: IntentStatus;
  amount: number;
  currency: string;
  error_code: string | null;
  error_message: string | null;
  attempt_id: string | null;
  attempt_state: AttemptState | null;
  action_url: string | null;
  captured: number;
}

@QueryHandler(PaymentViewQuery)
export class PaymentViewHandler implements IQueryHandler<PaymentViewQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: PaymentViewQuery): Promise<PaymentFacts[]> {
    if (request.payableIds.length === 0) return [];
    const context = currentContext();
    const tenantId = context.transaction?.tenantId ?? context.tenantId;
    const rows = await this.database.read<Row>(
      `select distinct on (i.payable_id) i.id, i.payable_id, i.status, i.amount::float8 as amount, i.currency, i.error_code, i.error_message,
         a.id as attempt_id, a.state as attempt_state, a.action_url, coalesce(a.captured, 0)::float8 as captured
       from payments.intents i
       left join payments.attempts a on a.tenant_id = i.tenant_id and a.id = i.latest_attempt_id
       where i.tenant_id = $1 and i.payable_type = 'order' and i.payable_id = any($2::uuid[])
       order by i.payable_id, i.created_at desc, i.id desc`,
      [tenantId, request.payableIds],
    );
    return rows.map(factsOf);
  }
}

const factsOf = (row: Row): PaymentFacts => ({
  id: row.id,
  payable: { type: 'order', id: row.payable_id },
  status: row.status,
  amount: { amount: row.amount, currency: row.currency },
  error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
  nextAction: row.status === 'requires_action' && row.action_url ? { type: 'redirect', url: row.action_url } : null,
  captured: { amount: row.captured, currency: row.currency },
  attemptId: row.attempt_id,
  attemptState: row.attempt_state,
});
