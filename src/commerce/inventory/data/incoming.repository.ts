import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { StockRepository } from './stock.repository';

/** Pieces of one SKU that are to come, or came, to one place. */
export interface Arrival {
  sku: string;
  locationId: string;
  /** Whole pieces, greater than zero; lines of one level are added up. */
  quantity: number;
}

/**
 * What papers (purchase orders, transfers under way) let a level expect: its `incoming`, of which `expected` is the part
 * that papers account for. Both functions lock every level of the named SKUs in id order, as receiving does, so they may
 * stand before `GoodsIn.take` in one transaction; who has locked some of these levels must have locked all of them.
 */
@Injectable()
export class IncomingRepository {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly stock: StockRepository,
  ) {}

  /** A paper was given out: its pieces are to come. Missing levels are made. */
  async expect(lines: readonly Arrival[]): Promise<void> {
    for (const place of [...new Set(lines.map((line) => line.locationId))].sort())
      await this.stock.ensure([...new Set(lines.filter((l) => l.locationId === place).map((l) => l.sku))], place);
    await this.change(lines, 1);
  }

  /** They came, or will not come any more. What nobody expected breaks the check `stock_levels_expected`: a fault in the caller. */
  arrive(lines: readonly Arrival[]): Promise<void> {
    return this.change(lines, -1);
  }

  private async change(lines: readonly Arrival[], sign: 1 | -1): Promise<void> {
    if (lines.length === 0) return;
    const tx = this.uow.current();
    await this.stock.lock([...new Set(lines.map((line) => line.sku))]);
    await tx.execute(
      `update inventory.stock_levels l
       set incoming = l.incoming + x.quantity, expected = l.expected + x.quantity, version = l.version + 1, updated_at = kernel.now()
       from (select sku, "locationId", sum(quantity)::bigint * $3::int as quantity
             from json_to_recordset($2::json) as x(sku text, "locationId" uuid, quantity bigint) group by 1, 2) x
       where l.tenant_id = $1 and l.sku = x.sku and l.location_id = x."locationId"`,
      [tx.tenantId, JSON.stringify(lines), sign],
    );
  }
}
