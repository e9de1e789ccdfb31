import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { Supplier, type SupplierItem } from '../domain/supplier';
import { supplierNameTaken } from '../domain/purchasing.errors';

/** Stores suppliers and what they sell. A supplier's row is locked before its items are written. */
@Injectable()
export class SupplierRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** A supplier, locked; null when the shop has none with this id. */
  lock(id: string): Promise<Supplier | null> {
    return this.uow.current().store.load(Supplier, id, { lock: 'no-key-update' });
  }

  /** @throws AppError conflict `inventory.supplier-name-taken` */
  async save(supplier: Supplier): Promise<void> {
    await this.uow
      .current()
      .store.save(supplier)
      .catch((error: unknown) => {
        throw (error as { constraint?: string }).constraint === 'suppliers_name'
          ? supplierNameTaken(supplier.name)
          : error;
      });
  }

  async hasItems(supplierId: string): Promise<boolean> {
    const tx = this.uow.current();
    const [{ some }] = await tx.query<{ some: boolean }>(
      `select exists (select from inventory.supplier_items where tenant_id = $1 and supplier_id = $2) as some`,
      [tx.tenantId, supplierId],
    );
    return some;
  }

  /** What a supplier sells of these articles, by SKU. */
  async items(supplierId: string, skus: readonly string[]): Promise<Map<string, SupplierItem>> {
    const tx = this.uow.current();
    const rows = await tx.query<SupplierItem>(
      `select sku, supplier_sku as "supplierSku", unit_cost as "unitCost", min_quantity as "minQuantity", pack_size as "packSize",
         lead_days as "leadDays", preferred
       from inventory.supplier_items where tenant_id = $1 and supplier_id = $2 and sku = any($3::text[])`,
      [tx.tenantId, supplierId, skus],
    );
    return new Map(rows.map((row) => [row.sku, row]));
  }

  /** Sets items of a locked supplier; who is preferred for an article now is the only one that is. */
  async put(supplierId: string, items: readonly SupplierItem[]): Promise<void> {
    if (items.length === 0) return;
    const tx = this.uow.current();
    const preferred = items.filter((item) => item.preferred).map((item) => item.sku);
    if (preferred.length > 0) {
      // Two suppliers that become preferred for one article at once: the second must see what the first wrote.
      await tx.query(`select pg_advisory_xact_lock(hashtextextended('inventory.supplier_items ' || $1::text, 0))`, [
        tx.tenantId,
      ]);
      await tx.execute(
        `update inventory.supplier_items i set preferred = false, updated_at = kernel.now()
         where i.tenant_id = $1 and i.id in (select o.id from inventory.supplier_items o
           where o.tenant_id = $1 and o.supplier_id <> $2 and o.sku = any($3::text[]) and o.preferred order by o.id for no key update)`,
        [tx.tenantId, supplierId, preferred],
      );
    }
    const rows = [...items].sort((a, b) => (a.sku < b.sku ? -1 : 1)).map((item) => ({ id: newId(), ...item }));
    await tx.execute(
      `insert into inventory.supplier_items (tenant_id, supplier_id, id, sku, supplier_sku, unit_cost, min_quantity, pack_size, lead_days,
         preferred, updated_at)
       select $1, $2, x.id, x.sku, x."supplierSku", x."unitCost", x."minQuantity", x."packSize", x."leadDays", x.preferred, kernel.now()
       from json_to_recordset($3::json) as x(id uuid, sku text, "supplierSku" text, "unitCost" bigint, "minQuantity" int, "packSize" int,
         "leadDays" int, preferred boolean)
       on conflict on constraint supplier_items_once do update set supplier_sku = excluded.supplier_sku, unit_cost = excluded.unit_cost,
         min_quantity = excluded.min_quantity, pack_size = excluded.pack_size, lead_days = excluded.lead_days,
         preferred = excluded.preferred, updated_at = excluded.updated_at`,
      [tx.tenantId, supplierId, JSON.stringify(rows)],
    );
  }

  /** Takes items away; those that are not there are left out. @returns how many */
  remove(supplierId: string, skus: readonly string[]): Promise<number> {
    const tx = this.uow.current();
    return tx.execute(
      `delete from inventory.supplier_items where tenant_id = $1 and supplier_id = $2 and sku = any($3::text[])`,
      [tx.tenantId, supplierId, skus],
    );
  }
}
