import {
  OrderCancelled,
  OrderFulfilled,
  OrderLinesCancelled,
  OrderPaid,
  OrderShipped,
} from '../../../commerce/orders/contracts/order-events';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { OrderBooks } from '../commands/order-books';
import { raise } from '../domain/sale';
import { occasionOf } from './book-payments';

/** Tax is due once the order is paid. */
@Reaction({ name: 'ledger.book-when-order-paid', on: OrderPaid })
export class BookWhenOrderPaid implements Reacts<OrderPaid> {
  constructor(private readonly books: OrderBooks) {}

  async react(event: StoredEvent<OrderPaid>): Promise<void> {
    await this.books.order(occasionOf(event, 'order-paid', 'Tax of a paid order'), event.payload, (sale) => {
      sale.paid = true;
    });
  }
}

/** What is in a parcel is revenue once it leaves. */
@Reaction({ name: 'ledger.book-when-order-shipped', on: OrderShipped })
export class BookWhenOrderShipped implements Reacts<OrderShipped> {
  constructor(private readonly books: OrderBooks) {}

  async react(event: StoredEvent<OrderShipped>): Promise<void> {
    const { shipment } = event.payload;
    await this.books.order(occasionOf(event, 'order-shipped', `Parcel ${shipment.number}`), event.payload, (sale) => {
      for (const { lineId, quantity } of shipment.lines) raise(sale.shipped, lineId, quantity);
    });
  }
}

/** What will not leave is owed no more: it goes back, and no tax is due for it. */
@Reaction({ name: 'ledger.book-when-order-lines-cancelled', on: OrderLinesCancelled })
export class BookWhenOrderLinesCancelled implements Reacts<OrderLinesCancelled> {
  constructor(private readonly books: OrderBooks) {}

  async react(event: StoredEvent<OrderLinesCancelled>): Promise<void> {
    await this.books.order(occasionOf(event, 'lines-cancelled', 'Pieces given up'), event.payload, (sale) => {
      for (const { lineId, quantity } of event.payload.cancelled) raise(sale.given, lineId, quantity);
    });
  }
}

/** Whatever of the order has not left is revenue now. */
@Reaction({ name: 'ledger.book-when-order-fulfilled', on: OrderFulfilled })
export class BookWhenOrderFulfilled implements Reacts<OrderFulfilled> {
  constructor(private readonly books: OrderBooks) {}

  async react(event: StoredEvent<OrderFulfilled>): Promise<void> {
    await this.books.order(occasionOf(event, 'order-fulfilled', 'Goods delivered'), event.payload, (sale) => {
      sale.fulfilled = true;
    });
  }
}

/** What has not left will not, and no tax is due for it. */
@Reaction({ name: 'ledger.book-when-order-cancelled', on: OrderCancelled })
export class BookWhenOrderCancelled implements Reacts<OrderCancelled> {
  constructor(private readonly books: OrderBooks) {}

  async react(event: StoredEvent<OrderCancelled>): Promise<void> {
    const { reason } = event.payload;
    // Never paid: there is nothing on the books.
    if (reason === 'unpaid' || reason === 'not_approved') return;
    await this.books.order(occasionOf(event, 'order-cancelled', 'Order cancelled'), event.payload, (sale) => {
      sale.cancelled = true;
    });
  }
}
