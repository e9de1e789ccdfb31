import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { AppError } from '../../../kernel/errors/app-error';
import { formatAmount } from '../../../kernel/money/money';
import type { CsvCell, TableFormat } from '../../../kernel/tabular/csv-writer';
import { tableFile } from '../../../kernel/tabular/table-file';
import { ExportProductsQuery } from '../contracts/export-products';
import { PATH_MARK } from '../domain/category';

const BATCH = 1_000;
const HEADER = [
  'handle',
  'sku',
  'name',
  'variantName',
  'description',
  'category',
  'price',
  'currency',
  'active',
  'variantActive',
  'taxCategory',
  'variantTaxCategory',
  'weightGrams',
  'backorder',
];

interface Row {
  handle: string;
  position: number;
  id: string;
  sku: string;
  name: string;
  variant_name: string | null;
  description: string | null;
  category_id: string | null;
  price_amount: number;
  price_currency: string;
  active: boolean;
  variant_active: boolean;
  tax_category: string;
  variant_tax_category: string | null;
  weight_grams: number | null;
  backorder: string;
}

@QueryHandler(ExportProductsQuery)
export class ExportProductsHandler implements IQueryHandler<ExportProductsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ format }: ExportProductsQuery): Promise<AsyncIterable<string | Buffer>> {
    // The pieces are pulled by a socket later, outside of this request's context: the tenant is taken along.
    const { tenantId } = currentContext();
    if (!tenantId) throw new AppError('tenant.required', 'invalid', 'This request must name its tenant.');
    const paths = await this.categoryPaths(tenantId);
    return tableFile(format, HEADER, this.batches(tenantId, paths, format), 'Products');
  }

  private async *batches(
    tenantId: string,
    paths: Map<string, string>,
    format: TableFormat,
  ): AsyncGenerator<CsvCell[][]> {
    // Cells of a workbook are numbers where it counts with them.
    const price = (text: string): CsvCell => (format === 'xlsx' ? Number(text) : text);
    let after: [string, number, string] = ['', -1, '00000000-0000-0000-0000-000000000000'];
    for (;;) {
      const rows = await this.database.readAs<Row>(
        tenantId,
        `select p.handle, v.position, v.id, v.sku, p.name, v.name as variant_name, p.description, p.category_id, v.price_amount,
           v.price_currency, p.active, v.active as variant_active, p.tax_category, v.tax_category as variant_tax_category, v.weight_grams, v.backorder
         from catalog.products p join catalog.variants v on v.tenant_id = p.tenant_id and v.product_id = p.id
         where p.tenant_id = kernel.tenant_id() and p.handle >= $1 and (p.handle, v.position, v.id) > ($1, $2::int, $3::uuid)
         order by p.handle, v.position, v.id limit ${BATCH}`,
        after,
      );
      yield rows.map((row) => [
        row.handle,
        row.sku,
        row.name,
        row.variant_name,
        row.description,
        row.category_id === null ? null : paths.get(row.category_id),
        price(formatAmount({ amount: row.price_amount, currency: row.price_currency })),
        row.price_currency,
        row.active,
        row.variant_active,
        row.tax_category,
        row.variant_tax_category,
        row.weight_grams,
        row.backorder,
      ]);
      const last = rows.at(-1);
      if (!last || rows.length < BATCH) return;
      after = [last.handle, last.position, last.id];
    }
  }

  private async categoryPaths(tenantId: string): Promise<Map<string, string>> {
    const rows = await this.database.readAs<{ id: string; path: string }>(
      tenantId,
      `with recursive tree as (
         select id, name as path from catalog.categories where tenant_id = kernel.tenant_id() and parent_id is null
         union all
         select c.id, t.path || $1 || c.name from catalog.categories c join tree t on c.parent_id = t.id
         where c.tenant_id = kernel.tenant_id()
       ) select id, path from tree`,
      [PATH_MARK],
    );
    return new Map(rows.map((row) => [row.id, row.path]));
  }
}
