import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  OrderAuthorized,
  OrderBackorderAllocated,
  OrderCancelled,
  OrderContinued,
  OrderLinesCancelled,
  OrderPaid,
  OrderPaymentReminded,
  OrderShipped,
  ReturnChanged,
} from '../../../commerce/orders/contracts/order-events';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { SendMessageCommand } from '../contracts/send-message';

/** Confirms an order once; imported ones were confirmed by the system they come from. */
@Injectable()
export class OrderConfirmation {
  constructor(private readonly commands: CommandBus) {}

  async send(order: StoredEvent<OrderPaid>['payload']): Promise<void> {
    if (order.channel === 'import' || !order.email) return;
    const lines = order.lines.map(({ sku, name, quantity, total }) => ({ sku, name, quantity, total }));
    await this.commands.execute(
      new SendMessageCommand({
        to: order.email,
        template: 'order-confirmation',
        data: { number: order.number, orderId: order.orderId, lines, total: order.total },
        dedupeKey: `order-confirmation/${order.orderId}`,
        userId: order.userId ?? undefined,
        prompt: true,
      }),
    );
  }
}

@Injectable()
@Reaction({ name: 'notifications.confirm-when-order-paid', on: OrderPaid })
export class ConfirmWhenOrderPaid implements Reacts<OrderPaid> {
  constructor(private readonly confirmation: OrderConfirmation) {}

  react({ payload }: StoredEvent<OrderPaid>): Promise<void> {
    return this.confirmation.send(payload);
  }
}

/** An order whose payment is reserved is placed for good; its capture is not confirmed again. */
@Injectable()
@Reaction({ name: 'notifications.confirm-when-order-authorized', on: OrderAuthorized })
export class ConfirmWhenOrderAuthorized implements Reacts<OrderAuthorized> {
  constructor(private readonly confirmation: OrderConfirmation) {}

  react({ payload }: StoredEvent<OrderAuthorized>): Promise<void> {
    return this.confirmation.send(payload);
  }
}

const REASONS: Record<StoredEvent<OrderCancelled>['payload']['reason'], string | undefined> = {
  unpaid: 'it was not paid in time',
  shortfall: 'it was sold out meanwhile',
  staff: undefined,
  not_approved: 'it was not approved',
  payment_voided: 'its payment was let go, and nothing was charged',
};

/** A cancelled order is told to its shopper once. */
@Injectable()
@Reaction({ name: 'notifications.tell-when-order-cancelled', on: OrderCancelled })
export class TellWhenOrderCancelled implements Reacts<OrderCancelled> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload: order }: StoredEvent<OrderCancelled>, _tx: Transaction): Promise<void> {
    // What an approver decided, and why, is told by the letter about the approval.
    if (order.channel === 'import' || !order.email || order.reason === 'not_approved') return;
    await this.commands.execute(
      new SendMessageCommand({
        to: order.email,
        template: 'order-cancelled',
        data: { number: order.number, orderId: order.orderId, total: order.total, reason: REASONS[order.reason] },
        dedupeKey: `order-cancelled/${order.orderId}`,
        userId: order.userId ?? undefined,
      }),
    );
  }
}

/** Whose payment failed is reminded while the order can still be paid. */
@Injectable()
@Reaction({ name: 'notifications.remind-of-unpaid-order', on: OrderPaymentReminded })
export class RemindOfUnpaidOrder implements Reacts<OrderPaymentReminded> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload: order }: StoredEvent<OrderPaymentReminded>, _tx: Transaction): Promise<void> {
    if (!order.email) return;
    const lines = order.lines.map(({ sku, name, quantity }) => ({ sku, name, quantity }));
    await this.commands.execute(
      new SendMessageCommand({
        to: order.email,
        template: 'payment-reminder',
        data: { number: order.number, orderId: order.orderId, lines, total: order.total },
        dedupeKey: `payment-reminder/${order.orderId}`,
        userId: order.userId ?? undefined,
      }),
    );
  }
}

/** A parcel is told to its shopper once. */
@Injectable()
@Reaction({ name: 'notifications.tell-when-order-shipped', on: OrderShipped })
export class TellWhenOrderShipped implements Reacts<OrderShipped> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload: order }: StoredEvent<OrderShipped>, _tx: Transaction): Promise<void> {
    if (!order.email) return;
    const { shipmentId, carrier, trackingNumber, trackingUrl, complete } = order.shipment;
    const lines = order.shipment.lines.map(({ sku, name, quantity }) => ({ sku, name, quantity }));
    await this.commands.execute(
      new SendMessageCommand({
        to: order.email,
        template: 'order-shipped',
        data: { number: order.number, orderId: order.orderId, lines, carrier, trackingNumber, trackingUrl, complete },
        dedupeKey: `order-shipped/${shipmentId}`,
        userId: order.userId ?? undefined,
      }),
    );
  }
}

/** What will not come of an order is told to its shopper. */
@Injectable()
@Reaction({ name: 'notifications.tell-when-lines-cancelled', on: OrderLinesCancelled })
export class TellWhenLinesCancelled implements Reacts<OrderLinesCancelled> {
  constructor(private readonly commands: CommandBus) {}

  async react({ id, payload: order }: StoredEvent<OrderLinesCancelled>, _tx: Transaction): Promise<void> {
    if (!order.email) return;
    const lines = order.cancelled.map(({ sku, name, quantity }) => ({ sku, name, quantity }));
    await this.commands.execute(
      new SendMessageCommand({
        to: order.email,
        template: 'order-lines-cancelled',
        data: { number: order.number, orderId: order.orderId, lines, refund: order.refund },
        dedupeKey: `order-lines-cancelled/${id}`,
        userId: order.userId ?? undefined,
      }),
    );
  }
}

/** What was added to an order, or is sent for goods that came back, is told to its shopper with what is to be paid. */
@Injectable()
@Reaction({ name: 'notifications.tell-when-order-continued', on: OrderContinued })
export class TellWhenOrderContinued implements Reacts<OrderContinued> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload: order }: StoredEvent<OrderContinued>, _tx: Transaction): Promise<void> {
    if (!order.email) return;
    const { kind, number: source, returnNumber, traded, back, due, payUntil } = order.continues;
    const { number, orderId, shipping, email: to } = order;
    const userId = order.userId ?? undefined;
    if (kind === 'addition') {
      const lines = order.lines.map(({ sku, name, quantity, total }) => ({ sku, name, quantity, total }));
      const tax = order.taxIncluded || order.tax.amount === 0 ? null : order.tax;
      const data = { number, orderId, addedTo: source, lines, shipping, tax, due, payUntil };
      const dedupeKey = `order-added/${orderId}`;
      await this.commands.execute(new SendMessageCommand({ to, template: 'order-added', data, dedupeKey, userId }));
      return;
    }
    // What came back is a discount on the lines; the letter takes it off once, with its taxes, from what they cost.
    const lines = order.lines.map(({ sku, name, quantity, unitPrice }) => {
      return { sku, name, quantity, total: { ...unitPrice, amount: unitPrice.amount * quantity } };
    });
    const data = {
      ...{ number, orderId, returnNumber: returnNumber ?? '', returnedFrom: source, lines },
      worth: { ...due, amount: traded.amount + due.amount },
      ...{ traded, due, payUntil, back: back.amount > 0 ? back : null },
    };
    const dedupeKey = `return-exchanged/${orderId}`;
    await this.commands.execute(new SendMessageCommand({ to, template: 'return-exchanged', data, dedupeKey, userId }));
  }
}

/** Whoever waits for goods is told when they are here. */
@Injectable()
@Reaction({ name: 'notifications.tell-when-backorder-allocated', on: OrderBackorderAllocated })
export class TellWhenBackorderAllocated implements Reacts<OrderBackorderAllocated> {
  constructor(private readonly commands: CommandBus) {}

  async react({ id, payload: order }: StoredEvent<OrderBackorderAllocated>, _tx: Transaction): Promise<void> {
    if (!order.email) return;
    const { number, orderId, allocated: lines, waiting } = order;
    await this.commands.execute(
      new SendMessageCommand({
        to: order.email,
        template: 'backorder-allocated',
        data: { number, orderId, lines, waiting },
        dedupeKey: `backorder-allocated/${id}`,
        userId: order.userId ?? undefined,
      }),
    );
  }
}

const TOLD = ['approved', 'rejected', 'received', 'refunded'] as const;

/** The steps of a return that shoppers wait for are told to them, once each. */
@Injectable()
@Reaction({ name: 'notifications.tell-when-return-changed', on: ReturnChanged })
export class TellWhenReturnChanged implements Reacts<ReturnChanged> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload: back }: StoredEvent<ReturnChanged>, _tx: Transaction): Promise<void> {
    const state = TOLD.find((each) => each === back.status);
    if (!back.email || !state) return;
    const lines = back.lines.map(({ sku, name, quantity }) => ({ sku, name, quantity }));
    await this.commands.execute(
      new SendMessageCommand({
        to: back.email,
        template: 'return-updated',
        data: { number: back.orderNumber, returnNumber: back.number, state, lines, refund: back.refund },
        dedupeKey: `return-updated/${back.returnId}/${state}`,
        userId: back.userId ?? undefined,
      }),
    );
  }
}
