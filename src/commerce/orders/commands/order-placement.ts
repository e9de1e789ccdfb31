import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import { GroupsOfCustomersQuery } from '../../customers/contracts/customer-groups';
import { FindVariantsBySkuQuery } from '../../catalog/contracts/find-variants-by-sku';
import { HoldStockCommand, type HoldLine } from '../../inventory/contracts/hold-stock';
import { OrderRepository } from '../data/order.repository';
import { MOST_PIECES } from '../domain/cart.policy';
import type { ContinuedOrder } from '../contracts/order-events';
import type { CartLine } from '../domain/cart-quote';
import type { Order } from '../domain/order';
import { stockDemandOf, type NewLine } from '../domain/order-line';
import { noPriceIn, tooMany, unknownSku } from '../domain/orders.errors';
import { sellablesFor, type PricedVariant } from '../queries/sellables';
import { CancelUnpaidOrder } from '../reactions/cancel-unpaid-order';
import { OrderCompletion } from './order-completion';

/** Hours in which an order that staff made can be paid; its stock is held so long. */
export const PAY_HOURS = 72;

/** Places orders that come from no cart. All of it within the caller's transaction. */
@Injectable()
export class OrderPlacement {
  constructor(
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly orders: OrderRepository,
    private readonly completion: OrderCompletion,
    private readonly limits: ResourceLimits,
  ) {}

  /** Until when an order that is placed now can be paid. */
  payUntil(): Date {
    return new Date(this.clock.nowMs() + PAY_HOURS * 3_600_000);
  }

  /**
   * Holds the stock of a new order and stores it; one that costs nothing is complete at once, any other waits for its
   * payment, and is given up without one.
   * @param from what it goes on from, and what of the worth of goods that came back is left over, in minor units
   * @throws AppError conflict `inventory.out-of-stock`
   */
  async place(
    tx: Transaction,
    order: Order,
    demand: readonly HoldLine[],
    from?: Pick<ContinuedOrder, 'kind' | 'orderId' | 'number' | 'returnNumber'> & { back: number },
  ): Promise<void> {
    await this.limits.assertWithin(tx, 'ordersPerMonth');
    const expiresAt = order.holdExpiresAt!;
    // As a checkout does: stock before the counter of numbers, which is locked from its use to the commit.
    const reference = { type: 'order' as const, id: order.id };
    await this.commands.execute(new HoldStockCommand({ reference, lines: demand, expiresAt }));
    await this.orders.place(order);
    order.announce();
    if (from) {
      const { back, ...source } = from;
      order.announceContinued(source, back);
    }
    this.orders.recordEvents(order);
    if (order.due === 0) await this.completion.complete(order);
    else tx.timer(CancelUnpaidOrder, { orderId: order.id }, expiresAt);
  }

  /**
   * What the catalogue says of these SKUs, at today's prices of a customer.
   * @throws AppError invalid `orders.unknown-sku`, `orders.quantity-too-large`, conflict `orders.no-price-in-currency`
   */
  async sellables(
    lines: readonly CartLine[],
    currency: string | null,
    customerId: string | null,
  ): Promise<{ variants: PricedVariant[]; groupIds: string[] }> {
    for (const { sku, quantity } of lines) if (quantity > MOST_PIECES) throw tooMany(sku, MOST_PIECES);
    const groupIds = await this.groupsOf(customerId);
    const variants = await sellablesFor(this.queries, { lines, currency }, groupIds, this.clock.now());
    for (const { sku } of lines) {
      const variant = variants.find((each) => each.sku === sku);
      if (!variant) throw unknownSku(sku);
      if (!variant.priced) throw noPriceIn(sku, currency!);
    }
    return { variants, groupIds };
  }

  /** What lines take from stock; whether they may be promised beyond it, the catalogue is asked. */
  async demandOf(lines: readonly Pick<NewLine, 'sku' | 'quantity' | 'components'>[]): Promise<HoldLine[]> {
    const demand = stockDemandOf(lines);
    const found = await this.queries.execute(new FindVariantsBySkuQuery({ skus: demand.map(({ sku }) => sku) }));
    const modes = new Map(found.map(({ sku, backorder }) => [sku, backorder]));
    return demand.map((line) => {
      const mode = modes.get(line.sku) ?? 'no';
      return mode === 'no' ? line : { ...line, beyond: mode };
    });
  }

  private async groupsOf(customerId: string | null): Promise<string[]> {
    if (!customerId) return [];
    const [customer] = await this.queries.execute(new GroupsOfCustomersQuery({ customerIds: [customerId] }));
    return customer?.groupIds ?? [];
  }
}

/** Lines of one SKU added up. */
export function addedUp(lines: readonly CartLine[]): CartLine[] {
  const sums = new Map<string, number>();
  for (const { sku, quantity } of lines) sums.set(sku, (sums.get(sku) ?? 0) + quantity);
  return [...sums].map(([sku, quantity]) => ({ sku, quantity }));
}
