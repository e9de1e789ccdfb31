import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { notAskedWithin } from '../../../kernel/lifecycle/tenant-round';

/** How far a shop's products from before lists knew what can be had were asked for. */
@Injectable()
export class StockFollowRepository {
  /** Notes that it was asked for. @returns whether nobody did within the hour, and something is left */
  async askedNow(tx: Transaction): Promise<boolean> {
    const asked = await tx.execute(
      `update catalog.stock_follows set asked_at = kernel.now()
       where tenant_id = $1 and id = $1 and done_at is null and ${notAskedWithin('asked_at', '1 hour')}`,
      [tx.tenantId],
    );
    return asked > 0;
  }

  /** The next SKUs whose stock is not known, in order; none when all is done. Lets nobody else go on until the commit. */
  async next(tx: Transaction, most: number): Promise<string[]> {
    const [row] = await tx.query<{ after: string }>(
      `select after from catalog.stock_follows where tenant_id = $1 and id = $1 and done_at is null for update`,
      [tx.tenantId],
    );
    if (!row) return [];
    const rows = await tx.query<{ sku: string }>(
      `select v.sku from catalog.variants v where v.tenant_id = $1 and v.sku collate "C" > $2
         and not exists (select from catalog.sku_stock s where s.tenant_id = v.tenant_id and s.sku = v.sku)
       order by v.sku collate "C" limit $3`,
      [tx.tenantId, row.after, most],
    );
    const skus = rows.map(({ sku }) => sku);
    await tx.execute(
      `update catalog.stock_follows set after = coalesce($2, after), done_at = case when $2::text is null then kernel.now() end
       where tenant_id = $1 and id = $1`,
      [tx.tenantId, skus.at(-1) ?? null],
    );
    return skus;
  }
}
