import type { QueryBus } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { together } from '../../../kernel/database/together';
import { FindVariantsBySkuQuery, type VariantFacts } from '../../catalog/contracts/find-variants-by-sku';
import { ResolvePricesQuery } from '../../catalog/contracts/resolve-prices';
import { AvailabilityQuery } from '../../inventory/contracts/availability';
import { GroupsOfCustomersQuery } from '../../customers/contracts/customer-groups';
import type { CartLine } from '../domain/cart-quote';

/** Groups of customers that whoever asks is in; guests are in none. */
export async function groupsOfCaller(queries: QueryBus): Promise<string[]> {
  const { kind, userId } = currentContext().principal;
  if (kind !== 'user' || !userId) return [];
  const [customer] = await queries.execute(new GroupsOfCustomersQuery({ userIds: [userId] }));
  return customer?.groupIds ?? [];
}

/** A variant with the price that it has in a cart. */
export interface PricedVariant extends VariantFacts {
  /** False: it has no price in the currency of the cart, and is not for sale there. */
  priced: boolean;
}

/**
 * What the catalogue says of the SKUs of some lines, with the price of one piece in that quantity for these groups.
 * Within a transaction it is one trip.
 */
export async function sellablesFor(
  queries: QueryBus,
  { lines, currency }: { lines: readonly CartLine[]; currency: string | null },
  customerGroupIds: readonly string[],
  at: Date,
): Promise<PricedVariant[]> {
  if (lines.length === 0) return [];
  const [variants, prices] = await together(
    () => queries.execute(new FindVariantsBySkuQuery({ skus: lines.map(({ sku }) => sku) })),
    () => queries.execute(new ResolvePricesQuery({ currency: currency ?? undefined, customerGroupIds, at, lines })),
  );
  const bySku = new Map(prices.map(({ sku, price }) => [sku, price]));
  return variants.map((variant) => {
    const price = bySku.get(variant.sku) ?? variant.price;
    const priced = currency === null || price.currency === currency;
    return { ...variant, price, priced, active: variant.active && priced };
  });
}

/**
 * Pieces of each of these variants that are here and promised to nobody, by SKU; of a bundle as many as its parts make up.
 * One query for all of them.
 */
export async function availableOf(queries: QueryBus, variants: readonly PricedVariant[]): Promise<Map<string, number>> {
  const parts = variants.map(({ sku, components }) => ({ sku, made: components ?? [{ sku, quantity: 1 }] }));
  const skus = [...new Set(parts.flatMap(({ made }) => made.map((part) => part.sku)))];
  if (skus.length === 0) return new Map();
  const found = await queries.execute(new AvailabilityQuery({ skus }));
  const here = new Map(found.map(({ sku, available }) => [sku, Math.max(0, available)]));
  const pieces = (part: { sku: string; quantity: number }): number =>
    Math.floor((here.get(part.sku) ?? 0) / part.quantity);
  return new Map(parts.map(({ sku, made }) => [sku, Math.min(...made.map(pieces))]));
}
