import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { PaymentSummary } from '../contracts/payment-details';
import type { IntentStatus } from '../contracts/payment-view';
import { SUMMARY_COLUMNS, SUMMARY_TOTALS, summaryOf, type SummaryRow } from './find-payment';

const PAYMENTS = keyset({
  id: 'i.id',
  sorts: {
    createdAt: { sql: 'i.created_at', type: 'timestamptz' },
    amount: { sql: 'i.amount', type: 'bigint' },
  },
  defaultSort: '-createdAt',
  filters: {
    status: { sql: 'i.status', type: 'text' },
    payableId: { sql: 'i.payable_id', type: 'uuid' },
    createdAt: { sql: 'i.created_at', type: 'timestamptz' },
  },
});

/** The shop's payments. */
export class ListPaymentsQuery extends Query<Page<PaymentSummary>> {
  constructor(
    readonly list: ListQuery & {
      status?: IntentStatus[];
      payableId?: string[];
      createdAt?: { gte?: string; gt?: string; lte?: string; lt?: string };
    },
  ) {
    super();
  }
}

@QueryHandler(ListPaymentsQuery)
export class ListPaymentsHandler implements IQueryHandler<ListPaymentsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListPaymentsQuery): Promise<Page<PaymentSummary>> {
    return PAYMENTS.run<SummaryRow, PaymentSummary>(this.database, list, {
      select: SUMMARY_COLUMNS,
      from: `payments.intents i ${SUMMARY_TOTALS}`,
      where: 'i.tenant_id = $1',
      params: [currentContext().tenantId],
      map: summaryOf,
    });
  }
}
