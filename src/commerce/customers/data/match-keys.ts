import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';

/** By what customers are recognised as one; kept in the commit that changes them. */
@Injectable()
export class MatchKeys {
  async refresh(tx: Transaction, customerIds: readonly string[]): Promise<void> {
    if (customerIds.length === 0) return;
    await tx.execute('delete from customers.match_keys where tenant_id = $1 and customer_id = any($2)', [
      tx.tenantId,
      customerIds,
    ]);
    await tx.execute(
      `insert into customers.match_keys (tenant_id, id, customer_id, kind, key)
       select $1, gen_random_uuid(), k.customer_id, k.kind, k.key from customers.match_keys_of($1, $2) k`,
      [tx.tenantId, customerIds],
    );
  }
}
