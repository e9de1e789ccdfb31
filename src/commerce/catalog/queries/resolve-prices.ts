import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { ResolvePricesQuery, type ResolvedPrice } from '../contracts/resolve-prices';
import { listPrice } from './list-price';

const LIST_PRICE = listPrice({ quantity: 'x.quantity', currency: '$3', groups: '$4', at: '$5' });

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
       ${LIST_PRICE}
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
