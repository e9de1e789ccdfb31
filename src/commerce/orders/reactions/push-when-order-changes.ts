import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { Realtime } from '../../../kernel/realtime/realtime';
import {
  OrderAuthorized,
  OrderCancelled,
  OrderFulfilled,
  OrderPaid,
  OrderPlaced,
  OrderPutOnHold,
} from '../contracts/order-events';
import type { OrderFacts } from '../contracts/order-events';

/** Shows a change of an order to the shop's staff and to its shopper, where they are looking. */
@Injectable()
export class OrderPush {
  constructor(private readonly realtime: Realtime) {}

  /** `order.updated`: what a list shows; whoever wants more reads the order. */
  push(event: { tenantId: string; version: number | null; payload: OrderFacts }, tx: Transaction): void {
    const { orderId, number, status, total, userId } = event.payload;
    const update = { orderId, number, status, total, version: event.version };
    tx.afterCommit(() => {
      this.realtime.toStaff(event.tenantId, 'order.updated', update);
      if (userId) this.realtime.toUser(event.tenantId, userId, 'order.updated', update);
    });
  }
}

@Reaction({ name: 'orders.push-when-order-placed', on: OrderPlaced })
export class PushWhenOrderPlaced implements Reacts<OrderPlaced> {
  constructor(private readonly order: OrderPush) {}

  async react(event: StoredEvent<OrderPlaced>, tx: Transaction): Promise<void> {
    this.order.push(event, tx);
  }
}

@Reaction({ name: 'orders.push-when-order-authorized', on: OrderAuthorized })
export class PushWhenOrderAuthorized implements Reacts<OrderAuthorized> {
  constructor(private readonly order: OrderPush) {}

  async react(event: StoredEvent<OrderAuthorized>, tx: Transaction): Promise<void> {
    this.order.push(event, tx);
  }
}

@Reaction({ name: 'orders.push-when-order-paid', on: OrderPaid })
export class PushWhenOrderPaid implements Reacts<OrderPaid> {
  constructor(private readonly order: OrderPush) {}

  async react(event: StoredEvent<OrderPaid>, tx: Transaction): Promise<void> {
    this.order.push(event, tx);
  }
}

@Reaction({ name: 'orders.push-when-order-put-on-hold', on: OrderPutOnHold })
export class PushWhenOrderPutOnHold implements Reacts<OrderPutOnHold> {
  constructor(private readonly order: OrderPush) {}

  async react(event: StoredEvent<OrderPutOnHold>, tx: Transaction): Promise<void> {
    this.order.push(event, tx);
  }
}

@Reaction({ name: 'orders.push-when-order-cancelled', on: OrderCancelled })
export class PushWhenOrderCancelled implements Reacts<OrderCancelled> {
  constructor(private readonly order: OrderPush) {}

  async react(event: StoredEvent<OrderCancelled>, tx: Transaction): Promise<void> {
    this.order.push(event, tx);
  }
}

@Reaction({ name: 'orders.push-when-order-fulfilled', on: OrderFulfilled })
export class PushWhenOrderFulfilled implements Reacts<OrderFulfilled> {
  constructor(private readonly order: OrderPush) {}

  async react(event: StoredEvent<OrderFulfilled>, tx: Transaction): Promise<void> {
    this.order.push(event, tx);
  }
}

export const ORDER_PUSHES = [
  OrderPush,
  PushWhenOrderPlaced,
  PushWhenOrderAuthorized,
  PushWhenOrderPaid,
  PushWhenOrderPutOnHold,
  PushWhenOrderCancelled,
  PushWhenOrderFulfilled,
];
