import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { supplierNotFound } from '../domain/purchasing.errors';
import type { SupplierContact, SupplierItem } from '../domain/supplier';

export interface SupplierView {
  id: string;
  name: string;
  currency: string;
  leadDays: number;
  contacts: SupplierContact[];
  address: string | null;
  note: string | null;
  active: boolean;
  /** Also the ETag. */
  version: number;
  createdAt: string;
}

/** @throws AppError not-found `inventory.supplier-not-found` */
export class FindSupplierQuery extends Query<SupplierView> {
  constructor(readonly supplierId: string) {
    super();
  }
}

/** A page of suppliers. */
export class ListSuppliersQuery extends Query<Page<SupplierView>> {
  constructor(readonly list: ListQuery & { active?: boolean }) {
    super();
  }
}

export type SupplierItemRow = Omit<SupplierItem, 'unitCost'> & { supplierId: string; unitCost: Money };

/** A page of what one supplier sells. @throws AppError not-found `inventory.supplier-not-found` */
export class ListSupplierItemsQuery extends Query<Page<SupplierItemRow>> {
  constructor(
    readonly supplierId: string,
    readonly list: ListQuery & { sku?: string },
  ) {
    super();
  }
}

const COLUMNS = `s.id, s.name, s.currency, s.lead_days as "leadDays", s.contacts, s.address, s.note, s.active, s.version,
  s.created_at as "createdAt"`;
type Row = Omit<SupplierView, 'createdAt'> & { createdAt: Date };
const viewOf = (row: Row): SupplierView => ({
  id: row.id,
  name: row.name,
  currency: row.currency,
  leadDays: row.leadDays,
  contacts: row.contacts.map(({ name, email, phone, role }) => ({ name, email, phone, role })),
  address: row.address,
  note: row.note,
  active: row.active,
  version: row.version,
  createdAt: row.createdAt.toISOString(),
});

const SUPPLIERS = keyset({
  id: 's.id',
  sorts: { name: { sql: 's.name_key', type: 'text' }, createdAt: { sql: 's.created_at', type: 'timestamptz' } },
  defaultSort: 'name',
  filters: { active: { sql: 's.active', type: 'boolean' } },
});
const ITEMS = keyset({
  id: 'i.id',
  sorts: { sku: { sql: 'i.sku', type: 'text' } },
  defaultSort: 'sku',
  filters: { sku: { sql: 'i.sku', type: 'text' } },
});

@QueryHandler(FindSupplierQuery)
export class FindSupplierHandler implements IQueryHandler<FindSupplierQuery> {
  constructor(private readonly database: Database) {}

  async execute({ supplierId }: FindSupplierQuery): Promise<SupplierView> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from inventory.suppliers s where s.tenant_id = kernel.tenant_id() and s.id = $1`,
      [supplierId],
    );
    if (!row) throw supplierNotFound();
    return viewOf(row);
  }
}

@QueryHandler(ListSuppliersQuery)
export class ListSuppliersHandler implements IQueryHandler<ListSuppliersQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListSuppliersQuery): Promise<Page<SupplierView>> {
    return SUPPLIERS.run<Row, SupplierView>(this.database, list, {
      select: COLUMNS,
      from: 'inventory.suppliers s',
      where: 's.tenant_id = kernel.tenant_id()',
      map: viewOf,
    });
  }
}

@QueryHandler(ListSupplierItemsQuery)
export class ListSupplierItemsHandler implements IQueryHandler<ListSupplierItemsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ supplierId, list }: ListSupplierItemsQuery): Promise<Page<SupplierItemRow>> {
    const page = await ITEMS.run<SupplierItem & { currency: string }, SupplierItemRow>(this.database, list, {
      select: `i.sku, i.supplier_sku as "supplierSku", i.unit_cost as "unitCost", s.currency, i.min_quantity as "minQuantity",
        i.pack_size as "packSize", i.lead_days as "leadDays", i.preferred`,
      from: 'inventory.supplier_items i join inventory.suppliers s on s.tenant_id = i.tenant_id and s.id = i.supplier_id',
      where: 'i.tenant_id = kernel.tenant_id() and i.supplier_id = $1',
      params: [supplierId],
      map: ({ sku, supplierSku, unitCost, currency, minQuantity, packSize, leadDays, preferred }) => ({
        supplierId,
        sku,
        supplierSku,
        unitCost: { amount: unitCost, currency },
        minQuantity,
        packSize,
        leadDays,
        preferred,
      }),
    });
    // An empty page is either of a supplier without such items or of none at all.
    if (page.data.length === 0) await this.demand(supplierId);
    return page;
  }

  private async demand(supplierId: string): Promise<void> {
    const found = await this.database.read<{ id: string }>(
      `select id from inventory.suppliers where tenant_id = kernel.tenant_id() and id = $1`,
      [supplierId],
    );
    if (found.length === 0) throw supplierNotFound();
  }
}
