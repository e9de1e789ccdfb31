import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { ResolvePricesQuery, type ResolvedPrice } from '../contracts/resolve-prices';

@QueryHandler(ResolvePricesQuery)
export class ResolvePricesHandler implements IQueryHandler<ResolvePricesQuery> {
  constructor(private readonly database: Database) {}

  async execute({
    request: { currency, customerGroupIds = [], at, lines },
  }: ResolvePricesQuery): Promise<ResolvedPrice[]> {
    if (lines.length === 0) return [];
    const rows = await this.database.read<{ sku: string; amount: number; currency: string; listId: string | null }>(
      `select x.sku, coalesce(l.amount, v.price_amount) as amount, coalesce($3, v.price_currency) as currency, l.list_id as "listId"
       from unnest($1::text[], $2::int[]) with ordinality as x(sku, quantity, place)
       join catalog.variants v on v.tenant_id = kernel.tenant_id() and v.sku = x.sku
       left join lateral (
         select p.amount, p.list_id from catalog.list_prices p
         join catalog.price_lists pl on pl.tenant_id = p.tenant_id and pl.id = p.list_id
         where p.tenant_id = v.tenant_id and p.variant_id = v.id and p.min_quantity <= x.quantity
           and pl.active and pl.currency = coalesce($3, v.price_currency)
           and (pl.customer_group_id is null or pl.customer_group_id = any($4::uuid[]))
           and (pl.valid_from is null or pl.valid_from <= coalesce($5::timestamptz, kernel.now()))
           and (pl.valid_until is null or pl.valid_until > coalesce($5::timestamptz, kernel.now()))
         order by pl.customer_group_id is null, pl.priority desc, pl.valid_from desc nulls last, pl.id, p.min_quantity desc
         limit 1
       ) l on true
       where l.list_id is not null or v.price_currency = coalesce($3, v.price_currency)
       order by x.place`,
      [
        lines.map((line) => line.sku),
        lines.map((line) => line.quantity),
        currency ?? null,
        customerGroupIds,
        at ?? null,
      ],
    );
    return rows.map(({ sku, amount, currency: paid, listId }) => ({ sku, price: { amount, currency: paid }, listId }));
  }
}
