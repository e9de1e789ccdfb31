import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import type { Campaign } from '../domain/campaign';

/** Campaigns of an organization. */
@Injectable()
export class Campaigns {
  async insert(tx: Transaction, campaign: Campaign, createdBy: string | null): Promise<void> {
    const { id, name, request, segment, state } = campaign;
    await tx.execute(
      `insert into notifications.campaigns (tenant_id, id, name, request, segment, state, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, kernel.now())`,
      [tx.tenantId, id, name, JSON.stringify(request), JSON.stringify(segment), state, createdBy],
    );
  }

  /** Locked until the end of the transaction. */
  async lock(tx: Transaction, id: string): Promise<Campaign | null> {
    const [row] = await tx.query<Campaign>(
      `select id, name, request, segment, state, run, cursor_user_id as "cursorUserId", recipients, skipped, fault, version
       from notifications.campaigns where tenant_id = $1 and id = $2 for no key update`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  async save(tx: Transaction, { id, state, run, cursorUserId, recipients, skipped, fault }: Campaign): Promise<void> {
    await tx.execute(
      `update notifications.campaigns set state = $3, run = $4, cursor_user_id = $5, recipients = $6, skipped = $7, fault = $8,
         started_at = case when $3 = 'running' then coalesce(started_at, kernel.now()) else started_at end,
         finished_at = case when $3 in ('done', 'cancelled') then coalesce(finished_at, kernel.now()) end
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, state, run, cursorUserId, recipients, skipped, fault],
    );
  }

  /** What it says and to whom, of a draft. */
  async rewrite(tx: Transaction, { id, name, request, segment, version }: Campaign): Promise<void> {
    await tx.execute(
      `update notifications.campaigns set name = $3, request = $4, segment = $5, version = $6 where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, name, JSON.stringify(request), JSON.stringify(segment), version],
    );
  }

  /** Whether messages of a campaign that are due still wait for their first try. */
  async hasWaiting(tx: Transaction, id: string): Promise<boolean> {
    const rows = await tx.query(
      `select 1 from notifications.notifications n join notifications.messages m on m.tenant_id = n.tenant_id and m.notification_id = n.id
       where n.tenant_id = $1 and n.batch_id = $2 and m.state = 'queued' and m.attempts = 0 and (m.due_at is null or m.due_at <= kernel.now()) limit 1`,
      [tx.tenantId, id],
    );
    return rows.length > 0;
  }
}
