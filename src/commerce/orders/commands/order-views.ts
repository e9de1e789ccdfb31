import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { AllocationsOfQuery } from '../../inventory/contracts/allocations-of';
import type { HeldGoods } from '../../inventory/contracts/hold-stock';
import type { Order } from '../domain/order';
import { orderViewOf, withGoods, type OrderView } from '../domain/order-view';

/** Views of orders that a command changed, with the batches that they have now. */
@Injectable()
export class OrderViews {
  constructor(private readonly queries: QueryBus) {}

  /** One statement, within the caller's transaction; to be asked for once stock was changed. */
  async of(order: Order): Promise<OrderView> {
    return this.with(order, await this.goods(order.id));
  }

  with(order: Order, goods: HeldGoods): OrderView {
    return withGoods(orderViewOf(order, order.lines), order.lines, goods);
  }

  /** What an order has of stock. One statement. */
  async goods(orderId: string): Promise<HeldGoods> {
    const [held] = await this.queries.execute(new AllocationsOfQuery({ references: [orderId] }));
    return held ?? { lines: [], waiting: [] };
  }
}
