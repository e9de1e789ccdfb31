import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { PaymentViewQuery } from '../../../money/payments/contracts/payment-view-query';
import { VoidIntentCommand } from '../../../money/payments/contracts/void-intent';
import { HoldStockCommand, ReleaseHoldCommand } from '../../inventory/contracts/hold-stock';
import { CouponRepository } from '../data/coupon.repository';
import { OrderEntries } from '../data/order-entries';
import { OrderRepository } from '../data/order.repository';
import { ShippingMethodRepository } from '../data/shipping-method.repository';
import { discountsTaken, quoteWhole, type CartLine, type Destination, type Quote } from '../domain/cart-quote';
import { MOST_LINES } from '../domain/cart.policy';
import { Order } from '../domain/order';
import { resourceOf } from '../domain/order-access';
import type { OrderView } from '../domain/order-view';
import { openQuantity } from '../domain/order-line';
import {
  cartFull,
  creditHeld,
  exchangeNotEdited,
  importedOrder,
  notEditable,
  nothingChanged,
  orderNotFound,
  paymentUnderway,
  paymentWindowClosed,
} from '../domain/orders.errors';
import { FindCheckoutSettingsQuery } from '../queries/find-checkout-settings';
import { CancelOrderLinesCommand } from './cancel-order-lines';
import { CartDesk } from './cart-desk';
import { OrderCompletion } from './order-completion';
import { addedUp, OrderPlacement } from './order-placement';
import { OrderViews } from './order-views';

/** What became of an edited order; `addition` is the order of what was added to one that is paid. */
export interface EditedOrder {
  order: OrderView;
  addition: OrderView | null;
}

/**
 * Changes what an order is made of, before it left, in one commit with its stock. One that nobody paid is priced anew:
 * pieces that were in it keep their price, others have today's. Of one that is paid, what is taken off is refunded, and
 * what is added is an order of its own that says so, waits for its payment, and is given up without one.
 * @throws AppError not-found `orders.order-not-found`, invalid `orders.unknown-line`, `orders.unknown-sku`,
 *   `orders.nothing-changed`, conflict `orders.not-editable`, `orders.imported-order`, `orders.payment-underway`,
 *   `orders.payment-window-closed`, `orders.not-for-sale`, `orders.quantity-exceeded`, `inventory.out-of-stock`
 */
export class EditOrderCommand extends Command<EditedOrder> {
  constructor(
    readonly request: {
      orderId: string;
      add?: readonly CartLine[];
      /** How many pieces a line is to have; none takes it off. */
      change?: readonly { lineId: string; quantity: number }[];
      note?: string;
    },
  ) {
    super();
  }
}

/** Pieces more and pieces fewer. */
interface Edit {
  more: CartLine[];
  fewer: { lineId: string; quantity: number }[];
}

@CommandHandler(EditOrderCommand)
export class EditOrderHandler implements ICommandHandler<EditOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly orders: OrderRepository,
    private readonly coupons: CouponRepository,
    private readonly methods: ShippingMethodRepository,
    private readonly entries: OrderEntries,
    private readonly desk: CartDesk,
    private readonly placement: OrderPlacement,
    private readonly completion: OrderCompletion,
    private readonly views: OrderViews,
  ) {}

  execute({ request }: EditOrderCommand): Promise<EditedOrder> {
    const { orderId, note } = request;
    return this.uow.run(async (tx) => {
      const order = await this.orders.lock(orderId);
      if (!order) throw orderNotFound();
      requirePermission('orders:write', resourceOf(order));
      if (order.channel === 'import') throw importedOrder();
      const edit = editOf(order, request);
      // Its price is what the goods that came back leave of it: they are exchanged anew instead.
      if (order.origin === 'exchange' && order.status === 'pending_payment') throw exchangeNotEdited();
      if (order.creditTotal > 0 && order.status === 'pending_payment') throw creditHeld();
      if (order.status === 'pending_payment') return this.rewrite(order, edit, note);
      if (order.status !== 'authorized' && !order.underway) throw notEditable(order.status);
      // What is added first: an order of which everything was taken off is no more.
      const addition = edit.more.length > 0 ? await this.add(tx, order, edit.more, note) : null;
      if (edit.fewer.length === 0) return { order: await this.views.of(order), addition };
      const lines = edit.fewer;
      return {
        order: await this.commands.execute(new CancelOrderLinesCommand({ orderId, lines, note })),
        addition,
      };
    });
  }

  /** An order that nobody paid is made anew, under its number. */
  private async rewrite(order: Order, { more, fewer }: Edit, note?: string): Promise<EditedOrder> {
    const { holdExpiresAt } = order;
    if (!holdExpiresAt || holdExpiresAt <= this.clock.now()) throw paymentWindowClosed();
    await this.stopPayment(order.id);
    const before = order.discounts.map(({ couponId }) => couponId);
    const quote = await this.reprice(order, linesAfter(order, more, fewer), before);
    order.rewrite({ ...quote, discounts: discountsTaken(quote), shippingMethod: quote.shipping });
    const after = new Set(order.discounts.map(({ couponId }) => couponId));
    const reference = { type: 'order' as const, id: order.id };
    await this.commands.execute(new ReleaseHoldCommand({ reference, reason: 'edited' }));
    const lines = await this.desk.demand(quote);
    await this.commands.execute(new HoldStockCommand({ reference, lines, expiresAt: holdExpiresAt }));
    await this.orders.rewrite(order);
    await this.coupons.release(
      order.id,
      before.filter((id) => !after.has(id)),
    );
    const data = { lines: order.lines.map(({ sku, quantity }) => ({ sku, quantity })), total: order.total };
    this.entries.add({ orderId: order.id, kind: 'edited', note, data, shownToCustomer: true });
    if (order.due === 0) await this.completion.complete(order);
    return { order: await this.views.of(order), addition: null };
  }

  /** Nothing is being charged at the old price, and nothing will be. @throws AppError conflict `orders.payment-underway` */
  private async stopPayment(orderId: string): Promise<void> {
    const [payment] = await this.queries.execute(new PaymentViewQuery({ payableIds: [orderId] }));
    if (!payment || payment.status === 'canceled' || payment.status === 'expired') return;
    if (payment.status !== 'requires_payment_method') throw paymentUnderway();
    const payable = { type: 'order' as const, id: orderId };
    const { result } = await this.commands.execute(new VoidIntentCommand({ payable, reason: 'edited' }));
    if (result !== 'canceled' && result !== 'none') throw paymentUnderway();
  }

  /** @param couponIds promotions that the order was given; no others are, and these as of when it was placed */
  private async reprice(order: Order, lines: CartLine[], couponIds: string[]): Promise<Quote> {
    if (lines.length > MOST_LINES) throw cartFull(MOST_LINES);
    const { variants, groupIds } = await this.placement.sellables(lines, order.currency, order.customerId);
    const agreed = new Map(order.lines.map((line) => [line.sku, line]));
    const sold = variants.map((variant) => {
      const line = agreed.get(variant.sku);
      if (!line) return variant;
      const kept = (lines.find(({ sku }) => sku === variant.sku)?.quantity ?? 0) <= line.quantity;
      return {
        ...variant,
        price: { amount: line.unitPrice, currency: order.currency },
        active: variant.active || kept,
        components: line.components,
      };
    });
    const method = order.shippingMethod && (await this.methods.offered(order.shippingMethod.id));
    return quoteWhole(lines, sold, {
      settings: await this.queries.execute(new FindCheckoutSettingsQuery()),
      destination: destinationOf(order),
      promotions: await this.coupons.byIds(couponIds),
      methods: method ? [method] : [],
      methodId: method?.id ?? null,
      groupIds,
      now: order.placedAt!,
    });
  }

  /** What is added to a paid order goes along with it: no freight, no promotions. */
  private async add(tx: Transaction, order: Order, more: CartLine[], note?: string): Promise<OrderView> {
    const { variants, groupIds } = await this.placement.sellables(more, order.currency, order.customerId);
    const quote = quoteWhole(more, variants, {
      settings: await this.queries.execute(new FindCheckoutSettingsQuery()),
      destination: destinationOf(order),
      promotions: [],
      methods: [],
      methodId: null,
      groupIds,
      now: this.clock.now(),
    });
    const addition = Order.place(
      {
        id: newId(),
        cartId: null,
        customerId: order.customerId,
        userId: order.userId,
        email: order.email ?? '',
        shippingAddress: order.shippingAddress!,
        currency: order.currency,
        lines: quote.lines,
        figures: quote.figures,
        discounts: [],
        shippingMethod: order.shippingMethod,
        // Whoever may see the order sees what was added to it.
        accessTokenHash: order.accessTokenHash,
        holdExpiresAt: this.placement.payUntil(),
        placedFrom: null,
        origin: { kind: 'addition', id: order.id },
      },
      this.clock.now(),
    );
    const from = { kind: 'addition' as const, orderId: order.id, number: order.number, returnNumber: null, back: 0 };
    await this.placement.place(tx, addition, await this.desk.demand(quote), from);
    const data = { orderId: addition.id, number: addition.number, lines: more };
    this.entries.add({ orderId: order.id, kind: 'added_to', note, data, shownToCustomer: true });
    return this.views.of(addition);
  }
}

/** @throws AppError invalid `orders.unknown-line`, `orders.nothing-changed` */
function editOf(order: Order, { add = [], change = [] }: EditOrderCommand['request']): Edit {
  const more = [...add];
  const fewer: Edit['fewer'] = [];
  for (const [lineId, quantity] of new Map(change.map((each) => [each.lineId, each.quantity]))) {
    const line = order.line(lineId);
    const has = line.quantity - line.cancelledQuantity;
    if (quantity > has) more.push({ sku: line.sku, quantity: quantity - has });
    else if (quantity < has) fewer.push({ lineId, quantity: has - quantity });
  }
  if (more.length + fewer.length === 0) throw nothingChanged();
  return { more: addedUp(more), fewer };
}

/** What an order is to be made of, by SKU. @throws AppError conflict `orders.not-editable` where nothing is left */
function linesAfter(order: Order, more: CartLine[], fewer: Edit['fewer']): CartLine[] {
  const off = new Map(fewer.map(({ lineId, quantity }) => [lineId, quantity]));
  const kept = order.lines.map((line) => ({ sku: line.sku, quantity: openQuantity(line) - (off.get(line.id) ?? 0) }));
  return addedUp([...kept, ...more]).filter(({ quantity }) => quantity > 0);
}

const destinationOf = ({ shippingAddress }: Order): Destination | null =>
  shippingAddress && {
    country: shippingAddress.country ?? '',
    region: shippingAddress.region ?? null,
    postalCode: shippingAddress.postalCode ?? null,
  };
