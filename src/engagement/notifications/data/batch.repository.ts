import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import type { NotifyRequest } from '../contracts/notify';

/** Members of the organization: all of them, those with one of these roles, or the customers of a group who have an account. */
export interface Segment {
  roles?: string[];
  customerGroupId?: string;
}

export interface Batch {
  id: string;
  request: Omit<NotifyRequest, 'userIds' | 'at' | 'expiresAt'> & { at?: string };
  segment: Segment | null;
  state: 'running' | 'done' | 'cancelled';
  cursorUserId: string | null;
  recipients: number;
  skipped: number;
}

/** Requests to notify many people. */
@Injectable()
export class BatchRepository {
  async insert(tx: Transaction, batch: Batch, createdBy: string | null): Promise<void> {
    await tx.execute(
      `insert into notifications.batches (tenant_id, id, request, segment, state, cursor_user_id, recipients, skipped, created_by,
         created_at, finished_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, kernel.now(), case when $5 <> 'running' then kernel.now() end)`,
      [
        tx.tenantId,
        batch.id,
        JSON.stringify(batch.request),
        batch.segment && JSON.stringify(batch.segment),
        batch.state,
        batch.cursorUserId,
        batch.recipients,
        batch.skipped,
        createdBy,
      ],
    );
  }

  /** Locked until the end of the transaction. */
  async lock(tx: Transaction, id: string): Promise<Batch | null> {
    const [row] = await tx.query<Batch>(
      `select id, request, segment, state, cursor_user_id as "cursorUserId", recipients, skipped from notifications.batches
       where tenant_id = $1 and id = $2 for no key update`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  async move(tx: Transaction, { id, state, cursorUserId, recipients, skipped }: Batch): Promise<void> {
    await tx.execute(
      `update notifications.batches set state = $3, cursor_user_id = $4, recipients = $5, skipped = $6,
         finished_at = case when $3 <> 'running' then kernel.now() end
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, state, cursorUserId, recipients, skipped],
    );
  }

  /** Calls off what has not left and not come into an inbox yet. @returns how many messages */
  async callOff(tx: Transaction, id: string): Promise<number> {
    await tx.execute(
      `update notifications.notifications set in_inbox = false
       where tenant_id = $1 and batch_id = $2 and in_inbox and due_at > kernel.now()`,
      [tx.tenantId, id],
    );
    return tx.execute(
      `update notifications.messages set state = 'dead', last_error = 'It was called off.', data = '{}'
       where tenant_id = $1 and state in ('queued', 'failed') and (claimed_until is null or claimed_until <= kernel.now())
         and notification_id in (select id from notifications.notifications where tenant_id = $1 and batch_id = $2)`,
      [tx.tenantId, id],
    );
  }
}
