import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import type { SandboxDispute } from '../contracts/sandbox-provider';

export interface SandboxDisputeRow {
  id: string;
  account_id: string;
  payment_id: string;
  key: string;
  amount: number;
  fee: number;
  currency: string;
  reason: string;
  status: SandboxDispute['status'];
  due_at: Date;
  created_at: Date;
  closed_at: Date | null;
}

const DISPUTE = `select d.id, d.account_id, d.payment_id, p.key, d.amount::float8 as amount, d.fee::float8 as fee, d.currency, d.reason,
  d.status, d.due_at, d.created_at, d.closed_at
  from sandbox.disputes d join sandbox.payments p on p.tenant_id = d.tenant_id and p.id = d.payment_id`;

/** Disputes that the double plays. */
@Injectable()
export class DisputeRepository {
  constructor(private readonly database: Database) {}

  insert(tx: Transaction, row: Omit<SandboxDisputeRow, 'key' | 'closed_at' | 'created_at'>): void {
    tx.withCommit(
      [
        `insert into sandbox.disputes (tenant_id, id, account_id, payment_id, amount, fee, currency, reason, status, due_at, created_at)
         select $1, x.id, x.account_id, x.payment_id, x.amount, x.fee, x.currency, x.reason, x.status, x.due_at, kernel.now()
         from json_to_record($json) as x(id uuid, account_id uuid, payment_id uuid, amount bigint, fee bigint, currency text,
           reason text, status text, due_at timestamptz)`,
      ],
      row,
    );
  }

  async lock(tx: Transaction, accountId: string, id: string): Promise<SandboxDisputeRow | null> {
    const rows = await tx.query<SandboxDisputeRow>(
      `${DISPUTE} where d.tenant_id = $1 and d.account_id = $2 and d.id = $3 for update of d`,
      [tx.tenantId, accountId, id],
    );
    return rows[0] ?? null;
  }

  async find(tenantId: string, accountId: string, id: string): Promise<SandboxDisputeRow | null> {
    const rows = await this.database.readAs<SandboxDisputeRow>(
      tenantId,
      `${DISPUTE} where d.tenant_id = $1 and d.account_id = $2 and d.id = $3`,
      [tenantId, accountId, id],
    );
    return rows[0] ?? null;
  }

  async move(tx: Transaction, id: string, status: SandboxDispute['status']): Promise<void> {
    await tx.execute(
      `update sandbox.disputes set status = $3, closed_at = case when $3 in ('won', 'lost') then kernel.now() end
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, status],
    );
  }
}

/** The row as the double answers it. */
export const disputeOf = (row: SandboxDisputeRow): SandboxDispute => ({
  id: `sbd_${row.id}`,
  paymentId: `sbx_${row.payment_id}`,
  paymentKey: row.key,
  amount: { amount: row.amount, currency: row.currency },
  fee: { amount: row.fee, currency: row.currency },
  reason: row.reason,
  status: row.status,
  dueAt: row.due_at.toISOString(),
  openedAt: row.created_at.toISOString(),
  closedAt: row.closed_at?.toISOString() ?? null,
});

/** The row's id in the double's own id of a dispute; null when it is none. */
export const disputeRowId = (id: string): string | null => /^sbd_([0-9a-f-]{36})$/.exec(id)?.[1] ?? null;
