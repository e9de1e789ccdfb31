import type { QueryBus } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import type { Database } from '../../../kernel/database/database';
import { FindOffersQuery, type VariantFacts } from '../../catalog/contracts/find-variants-by-sku';
import { AvailabilityQuery } from '../../inventory/contracts/availability';
import { GroupsOfCustomersQuery } from '../../customers/contracts/customer-groups';
import { readSpent, spentIn, type SpentRow } from '../data/coupon.repository';
import type { CartLine } from '../domain/cart-quote';
import type { Promotion, Spent } from '../domain/promotions';

/** Whoever asks, as the shop's customer. */
export interface KnownShopper {
  /** Null for guests, and for whoever ordered nothing yet. */
  customerId: string | null;
  /** Groups of customers that they are in. */
  groupIds: string[];
}

/** Who asks, as far as prices hang on it. */
export async function shopperAsking(queries: QueryBus): Promise<KnownShopper> {
  const { kind, userId } = currentContext().principal;
  if (kind !== 'user' || !userId) return { customerId: null, groupIds: [] };
  const [customer] = await queries.execute(new GroupsOfCustomersQuery({ userIds: [userId] }));
  return { customerId: customer?.customerId ?? null, groupIds: customer?.groupIds ?? [] };
}

/** Which of these promotions a customer may not use (again); nothing is read where none is limited so. */
export async function spentBy(
  database: Database,
  customerId: string | null,
  promotions: readonly Promotion[],
): Promise<Map<string, Spent>> {
  const read = readSpent(currentContext().tenantId, customerId, promotions);
  return read ? spentIn(await database.read<SpentRow>(read.text, read.params)) : new Map();
}

/** A variant with the price that it has in a cart. */
export interface PricedVariant extends VariantFacts {
  /** False: it has no price in the currency of the cart, and is not for sale there. */
  priced: boolean;
}

/**
 * What the catalogue says of the SKUs of some lines, with the price of one piece in that quantity for these groups.
 * One statement.
 */
export async function sellablesFor(
  queries: QueryBus,
  { lines, currency }: { lines: readonly CartLine[]; currency: string | null },
  customerGroupIds: readonly string[],
  at: Date,
): Promise<PricedVariant[]> {
  // Of a SKU that is named twice the last line counts.
  const bySku = new Map(lines.map(({ sku, quantity }) => [sku, { sku, quantity }]));
  const request = { currency: currency ?? undefined, customerGroupIds, at, lines: [...bySku.values()] };
  const variants = await queries.execute(new FindOffersQuery(request));
  return variants.map(({ offer, ...variant }) => {
    const price = offer ?? variant.price;
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
