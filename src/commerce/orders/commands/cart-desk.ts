import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { FindVariantsBySkuQuery, type VariantFacts } from '../../catalog/contracts/find-variants-by-sku';
import { CartRepository, type CartChanges, type StoredCart } from '../data/cart.repository';
import { keptQuoteOf, quoteOf, quoteWhole, type Destination, type Quote } from '../domain/cart-quote';
import { cartViewOf, type CartView } from '../domain/cart-view';
import { cartNotFound, cartOrdered } from '../domain/orders.errors';
import type { Promotion } from '../domain/promotions';

/** A locked cart, with what the catalogue says of its SKUs. */
export interface OpenCart {
  cart: StoredCart;
  variants: VariantFacts[];
}

/** Where carts are opened, changed and priced. All of it within the caller's transaction. */
@Injectable()
export class CartDesk {
  constructor(
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly carts: CartRepository,
  ) {}

  /**
   * The cart, locked.
   * @param more SKUs to be asked for besides those in the cart
   * @throws AppError not-found `orders.cart-not-found`, conflict `orders.cart-already-ordered`
   */
  async open(secret: string, more: readonly string[] = []): Promise<OpenCart> {
    const cart = await this.carts.lock(secret);
    if (!cart) throw cartNotFound();
    if (cart.orderId) throw cartOrdered(cart.orderId);
    const skus = [...new Set([...cart.lines.map((line) => line.sku), ...more])];
    const variants = skus.length > 0 ? await this.queries.execute(new FindVariantsBySkuQuery({ skus })) : [];
    return { cart, variants };
  }

  /** Writes changes, and the price that the shopper is shown for what the cart now holds. */
  async write(
    secret: string,
    { cart, variants }: OpenCart,
    changes: CartChanges & { promotions?: Promotion[] },
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
    };
    const quote = quoteOf(changed.lines, variants, { ...changed, now: this.clock.now() });
    await this.carts.write(changed, changes, quote && keptQuoteOf(quote));
    return cartViewOf(secret, changed, variants, quote);
  }

  /** The price of all that is in a cart, on its way to where it is sent. @throws as `quoteWhole` */
  quote({ cart, variants }: OpenCart, destination: Destination): Quote {
    return quoteWhole(cart.lines, variants, { ...cart, destination, now: this.clock.now() });
  }
}
