import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';

/** What users were in an organization, and from when to when. */
@Injectable()
export class StandingRepository {
  /** From `at` on the user has this role in the organization; null: none any more. */
  async note(tx: Transaction, userId: string, role: string | null, at: Date | string): Promise<void> {
    await tx.execute(
      `update identity.standings set to_at = $3 where tenant_id = $1 and user_id = $2 and to_at is null`,
      [tx.tenantId, userId, at],
    );
    if (role === null) return;
    await tx.execute(
      `insert into identity.standings (tenant_id, id, user_id, role, from_at) values ($1, $2, $3, $4, $5)`,
      [tx.tenantId, newId(), userId, role, at],
    );
  }
}
