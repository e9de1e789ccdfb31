import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { ItemSettings } from '../domain/serial';

/** How articles are kept. */
@Injectable()
export class ItemRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** What was said of these articles, locked. */
  lock(skus: readonly string[]): Promise<ItemSettings[]> {
    const tx = this.uow.current();
    return tx.query<ItemSettings & object>(
      `select sku, serials, warranty_months as "warrantyMonths" from inventory.item_settings
       where tenant_id = $1 and sku = any($2::text[]) order by sku for update`,
      [tx.tenantId, skus],
    );
  }

  async save(items: readonly ItemSettings[]): Promise<void> {
    const tx = this.uow.current();
    const rows = items.map((item) => ({ id: newId(), ...item }));
    await tx.execute(
      `insert into inventory.item_settings as i (tenant_id, id, sku, serials, warranty_months, updated_at)
       select $1, x.id, x.sku, x.serials, x."warrantyMonths", kernel.now()
       from json_to_recordset($2::json) as x(id uuid, sku text, serials boolean, "warrantyMonths" int) order by x.sku
       on conflict (tenant_id, sku) do update set serials = excluded.serials, warranty_months = excluded.warranty_months,
         version = i.version + 1, updated_at = kernel.now()`,
      [tx.tenantId, JSON.stringify(rows)],
    );
  }

  /** Every location, whether in use or not. */
  async locations(): Promise<string[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string }>(`select id from inventory.locations where tenant_id = $1 order by id`, [
      tx.tenantId,
    ]);
    return rows.map(({ id }) => id);
  }

  async levelsOf(skus: readonly string[]): Promise<string[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string }>(
      `select id from inventory.stock_levels where tenant_id = $1 and sku = any($2::text[])`,
      [tx.tenantId, skus],
    );
    return rows.map(({ id }) => id);
  }

  /** Which of these articles are under way between locations. */
  async underWay(skus: readonly string[]): Promise<string[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ sku: string }>(
      `select distinct x.sku from inventory.stock_transfer_lines x join inventory.stock_transfers r on r.tenant_id = x.tenant_id and r.id = x.transfer_id
       where x.tenant_id = $1 and r.state = 'shipped' and x.sku = any($2::text[]) and x.shipped > x.received + x.lost + x.returned order by x.sku`,
      [tx.tenantId, skus],
    );
    return rows.map(({ sku }) => sku);
  }

  /** From now on these lots, whose levels are locked, have as many serial numbers as pieces; or not any more. */
  async serialize(levelIds: readonly string[], serialized: boolean): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update inventory.stock_lots set serialized = $3 where tenant_id = $1 and level_id = any($2::uuid[]) and serialized <> $3`,
      [tx.tenantId, levelIds, serialized],
    );
  }
}
