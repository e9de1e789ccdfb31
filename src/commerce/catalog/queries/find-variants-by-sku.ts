import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { FindVariantsBySkuQuery, type VariantFacts } from '../contracts/find-variants-by-sku';

interface Row {
  id: string;
  product_id: string;
  sku: string;
  name: string | null;
  product_name: string;
  price_amount: number;
  price_currency: string;
  active: boolean;
  category_id: string | null;
  category_name: string | null;
}

@QueryHandler(FindVariantsBySkuQuery)
export class FindVariantsBySkuHandler implements IQueryHandler<FindVariantsBySkuQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: FindVariantsBySkuQuery): Promise<VariantFacts[]> {
    if (request.skus.length === 0) return [];
    const rows = await this.database.read<Row>(
      `select v.id, v.product_id, v.sku, v.name, p.name as product_name, v.price_amount, v.price_currency,
         v.active and p.active as active, p.category_id, c.name as category_name
       from catalog.variants v
       join catalog.products p on p.tenant_id = v.tenant_id and p.id = v.product_id
       left join catalog.categories c on c.tenant_id = p.tenant_id and c.id = p.category_id
       where v.tenant_id = kernel.tenant_id() and v.sku = any($1)`,
      [request.skus],
    );
    return rows.map((row) => ({
      variantId: row.id,
      productId: row.product_id,
      sku: row.sku,
      name: row.name,
      productName: row.product_name,
      price: { amount: row.price_amount, currency: row.price_currency },
      active: row.active,
      categoryId: row.category_id,
      categoryName: row.category_name,
    }));
  }
}
