import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { SandboxEntriesQuery, type SandboxEntry } from '../contracts/sandbox-provider';

type Row = Omit<SandboxEntry, 'amount' | 'fee' | 'at'> & { amount: number; fee: number; currency: string; at: Date };

@QueryHandler(SandboxEntriesQuery)
export class SandboxEntriesHandler implements IQueryHandler<SandboxEntriesQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request: { accountId, from, to } }: SandboxEntriesQuery): Promise<SandboxEntry[]> {
    const rows = await this.database.readAs<Row>(
      currentContext().tenantId!,
      `select * from (
         select 'sbx_' || p.id as id, 'charge' as type, 'sbx_' || p.id as "paymentId", null as "objectId", p.captured::float8 as amount,
           0::float8 as fee, p.currency, p.created_at as at
         from sandbox.payments p where p.tenant_id = $1 and p.account_id = $2 and p.captured > 0
         union all
         select 'sbr_' || r.id, 'refund', 'sbx_' || r.payment_id, 'sbr_' || r.id, -r.amount::float8, 0, r.currency, r.created_at
         from sandbox.refunds r where r.tenant_id = $1 and r.account_id = $2 and r.status = 'succeeded'
         union all
         select 'sbd_' || d.id || '-out', 'dispute', 'sbx_' || d.payment_id, 'sbd_' || d.id, -d.amount::float8, d.fee::float8, d.currency,
           d.created_at
         from sandbox.disputes d where d.tenant_id = $1 and d.account_id = $2
         union all
         select 'sbd_' || d.id || '-back', 'dispute', 'sbx_' || d.payment_id, 'sbd_' || d.id, d.amount::float8, -d.fee::float8, d.currency,
           d.closed_at
         from sandbox.disputes d where d.tenant_id = $1 and d.account_id = $2 and d.status = 'won'
       ) x where x.at >= $3 and x.at < $4 order by x.at, x.id`,
      [currentContext().tenantId, accountId, from, to],
    );
    return rows.map(({ amount, fee, currency, at, ...row }) => ({
      ...row,
      amount: { amount, currency },
      fee: { amount: fee, currency },
      at: at.toISOString(),
    }));
  }
}
