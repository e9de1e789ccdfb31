import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { FindVariantsBySkuQuery, type VariantFacts } from '../../catalog/contracts/find-variants-by-sku';
import { SetCartHoldCommand, type HoldLine, type HoldReference } from '../../inventory/contracts/hold-stock';
import { CartRepository, type StoredCart } from '../data/cart.repository';
import { goodsOf, nextSpan, type CartHold, type Goods } from '../domain/cart-hold';
import type { Sellable } from '../domain/cart-quote';
import { stockDemandOf } from '../domain/order-line';
import { Shoppers } from './shoppers';

/** Lets carts hold stock, where the shop's policy says so. All of it within the caller's transaction. */
@Injectable()
export class CartHolds {
  constructor(
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly carts: CartRepository,
    private readonly shoppers: Shoppers,
  ) {}

  /** What goods take from the stock; whether parts of bundles may be promised beyond it, the catalogue is asked. */
  async demand({ lines, beyond }: Goods): Promise<HoldLine[]> {
    const parts = [...new Set(lines.flatMap(({ components }) => components?.map(({ sku }) => sku) ?? []))];
    const found =
      parts.length > 0
        ? await this.queries.execute(new FindVariantsBySkuQuery({ skus: parts }))
        : ([] as VariantFacts[]);
    const modes = new Map([...beyond]);
    for (const { sku, backorder } of found) if (backorder !== 'no') modes.set(sku, backorder);
    return stockDemandOf(lines).map((line) => ({ ...line, beyond: modes.get(line.sku) }));
  }

  /**
   * Sets anew what a locked cart holds where its lines changed. What a change asks for that was not asked for before must be to be
   * had; of what was in carts before, what is not to be had any more is left out, so that anybody can take things out of
   * a cart and bring it along to a login. A cart of a shopper for whom enough others hold, holds nothing.
   * @param merged the locked cart whose contents come into this one
   * @throws AppError conflict `inventory.out-of-stock`
   */
  async follow(
    before: StoredCart,
    after: Pick<StoredCart, 'lines'>,
    variants: readonly Sellable[],
    merged: StoredCart | null,
  ): Promise<CartHold> {
    const { hold, holdMinutes } = before;
    const now = this.clock.now();
    const off = holdMinutes === null && hold.span === null && !merged?.hold.span;
    if (off || (!merged && sameLines(before.lines, after.lines))) return hold;
    const last = [hold.span, merged?.hold.span ?? null];
    const heldFor = this.shoppers.counted();
    const next = holdMinutes === null ? null : nextSpan(last, holdMinutes, now);
    const holding = last.some((span) => span !== null && span.until > now);
    const span = next && (holding || (await this.mayHold(heldFor, before.id))) ? next : null;
    const lines = span ? await this.demand(goodsOf(after.lines, variants)) : [];
    const known = piecesOf(goodsOf(merged ? after.lines : before.lines, variants));
    const optional = new Set(lines.filter((line) => line.quantity <= (known.get(line.sku) ?? 0)).map(({ sku }) => sku));
    const { leftOut } = await this.commands.execute(
      new SetCartHoldCommand({
        reference: cartReference(before.id),
        instead: merged ? [cartReference(merged.id)] : [],
        lines,
        optional,
        expiresAt: span?.until ?? now,
      }),
    );
    if (holdMinutes === null) return { span: null, unheld: [], heldFor: null };
    if (span && lines.length > leftOut.length) return { span, unheld: leftOut, heldFor };
    return { span: ended(span ?? hold.span ?? merged?.hold.span ?? null, now), unheld: [], heldFor: null };
  }

  private async mayHold(shopper: Buffer | null, cartId: string): Promise<boolean> {
    return shopper === null || (await this.carts.holdingFor(shopper, cartId)) < this.shoppers.most;
  }
}

/** How inventory knows a cart. */
export const cartReference = (id: string): HoldReference<'cart'> => ({ type: 'cart', id });

/** Nothing is held from now on; since when it was, stays known. */
const ended = (span: CartHold['span'], now: Date): CartHold['span'] =>
  span && { since: span.since, until: new Date(Math.min(span.until.getTime(), now.getTime())) };

const piecesOf = ({ lines }: Goods): Map<string, number> =>
  new Map(stockDemandOf(lines).map(({ sku, quantity }) => [sku, quantity]));

function sameLines(before: StoredCart['lines'], after: StoredCart['lines']): boolean {
  const quantities = new Map(before.map(({ sku, quantity }) => [sku, quantity]));
  return before.length === after.length && after.every(({ sku, quantity }) => quantities.get(sku) === quantity);
}
