import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { together } from '../../../kernel/database/together';
import type { HoldLine } from '../../inventory/contracts/hold-stock';
import { CouponRepository } from '../data/coupon.repository';
import { CartRepository, type CartChanges, type StoredCart, type UnpaidOrders } from '../data/cart.repository';
import { keptQuoteOf, quoteOf, quoteWhole, type Destination, type Quote } from '../domain/cart-quote';
import { cartViewOf, type CartView } from '../domain/cart-view';
import { cartNotFound, cartOrdered } from '../domain/orders.errors';
import type { Promotion, Spent } from '../domain/promotions';
import { availableOf, sellablesFor, shopperAsking, type KnownShopper, type PricedVariant } from '../queries/sellables';
import { CartHolds } from './cart-holds';

/** A locked cart, and the customer whose prices it has. */
export interface OpenCart extends KnownShopper {
  cart: StoredCart;
}

/** @throws AppError not-found `orders.cart-not-found`, conflict `orders.cart-already-ordered` */
function stillOpen(cart: StoredCart | null): StoredCart {
  if (!cart) throw cartNotFound();
  if (cart.orderId) throw cartOrdered(cart.orderId);
  return cart;
}

/** Where carts are opened, changed and priced. All of it within the caller's transaction. */
@Injectable()
export class CartDesk {
  constructor(
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly carts: CartRepository,
    private readonly coupons: CouponRepository,
    private readonly holds: CartHolds,
  ) {}

  /**
   * The cart, locked.
   * @throws AppError not-found `orders.cart-not-found`, conflict `orders.cart-already-ordered`
   */
  async open(secret: string): Promise<OpenCart> {
    const [cart, shopper] = await together(
      () => this.carts.lock(secret),
      () => shopperAsking(this.queries),
    );
    return { cart: stillOpen(cart), ...shopper };
  }

  /**
   * As `open`, by whoever orders what is in it: `orders` are those that they have not paid yet; null where nobody counts
   * them.
   */
  async openToOrder(secret: string, placedFrom: Buffer | null): Promise<OpenCart & { orders: UnpaidOrders | null }> {
    if (!placedFrom) return { ...(await this.open(secret)), orders: null };
    const [found, shopper] = await together(
      () => this.carts.lockToOrder(secret, placedFrom),
      () => shopperAsking(this.queries),
    );
    return { cart: stillOpen(found && found.cart), ...shopper, orders: found && found.orders };
  }

  /**
   * Writes changes, and the price that the shopper is shown for what is in the cart then. Where carts hold stock, what is
   * held changes with the lines.
   * @param check looks at what the catalogue says of the changed cart, before anything is written
   */
  async write(
    secret: string,
    { cart, customerId, groupIds }: OpenCart,
    changes: CartChanges & { promotions?: Promotion[]; merged?: StoredCart },
    check?: (variants: PricedVariant[]) => void,
  ): Promise<CartView> {
    const put = new Map(changes.put?.map((line) => [line.id, line]));
    const changed: StoredCart = {
      ...cart,
      destination: changes.destination === undefined ? cart.destination : changes.destination,
      lines: [
        ...cart.lines.filter(({ id }) => !changes.removed?.includes(id)).map((line) => put.get(line.id) ?? line),
        ...[...put.values()].filter(({ id }) => !cart.lines.some((line) => line.id === id)),
      ],
      couponIds: changes.couponIds ?? cart.couponIds,
      promotions: changes.promotions ?? cart.promotions,
      methodId: changes.methodId ?? cart.methodId,
      currency: changes.currency === undefined ? cart.currency : changes.currency,
    };
    const now = this.clock.now();
    const variants = await sellablesFor(this.queries, changed, groupIds, now);
    check?.(variants);
    const spent = await this.coupons.spentOf(customerId, changed.promotions);
    changed.hold = await this.holds.follow(cart, changed, variants, changes.merged ?? null);
    const quote = quoteOf(changed.lines, variants, { ...changed, groupIds, spent, now });
    const [, available] = await together(
      () => this.carts.write(changed, changes, quote && keptQuoteOf(quote)),
      () => availableOf(this.queries, variants),
    );
    return cartViewOf(secret, changed, variants, quote, { available, now });
  }

  /**
   * The price of all that is in a cart, on its way to where it is sent.
   * @param spent promotions that whoever orders may not use (again)
   * @throws as `quoteWhole`
   */
  async quote(
    { cart, groupIds }: Pick<OpenCart, 'cart' | 'groupIds'>,
    destination: Destination,
    spent?: ReadonlyMap<string, Spent>,
  ): Promise<Quote> {
    const now = this.clock.now();
    const variants = await sellablesFor(this.queries, cart, groupIds, now);
    return quoteWhole(cart.lines, variants, { ...cart, destination, groupIds, spent, now });
  }

  /** What a quote takes from stock. */
  demand(quote: Quote): Promise<HoldLine[]> {
    return this.holds.demand(quote);
  }
}
