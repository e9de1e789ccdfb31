import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { Money } from '../../../kernel/money/money';

/** A price that was replaced: of a variant itself, or a step of a price list (null: there was, or is, none). */
export interface PriceChangeNote {
  variantId: string;
  list: { id: string; name: string } | null;
  minQuantity: number | null;
  before: Money | null;
  after: Money | null;
}

/** Writes what prices were; read by `ListPriceChangesQuery`. */
@Injectable()
export class PriceChanges {
  async note(tx: Transaction, changes: readonly PriceChangeNote[]): Promise<void> {
    if (changes.length === 0) return;
    await tx.execute(
      `insert into catalog.price_changes
         (tenant_id, id, variant_id, list_id, list_name, min_quantity, changed_at, before_amount, before_currency, after_amount, after_currency)
       select $1, x.* from json_to_recordset($2::json) as x(id uuid, variant_id uuid, list_id uuid, list_name text, min_quantity int,
         changed_at timestamptz, before_amount bigint, before_currency text, after_amount bigint, after_currency text)`,
      [
        tx.tenantId,
        JSON.stringify(
          changes.map(({ variantId, list, minQuantity, before, after }) => ({
            id: newId(),
            variant_id: variantId,
            list_id: list?.id,
            list_name: list?.name,
            min_quantity: minQuantity,
            changed_at: clock.now(),
            before_amount: before?.amount,
            before_currency: before?.currency,
            after_amount: after?.amount,
            after_currency: after?.currency,
          })),
        ),
      ],
    );
  }
}
