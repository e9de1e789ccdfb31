import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { hasPermission } from '../../../kernel/auth/principal';
import {
  OrderApprovalQuery,
  type OrderApprovalNeed,
} from '../../../access/organizations/contracts/corporate-approvals';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { sha256 } from '../../../kernel/crypto/hashing';
import { together } from '../../../kernel/database/together';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { isUuid, newId, newSecret } from '../../../kernel/ids/ids';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import type { Money } from '../../../kernel/money/money';
import { OpenIntentCommand, type OpenedIntent, type PayingMethod } from '../../../money/payments/contracts/open-intent';
import { PaymentViewQuery } from '../../../money/payments/contracts/payment-view-query';
import { PresentGiftCardsCommand, type GiftCardFacts } from '../../../money/ledger/contracts/credit';
import { EnsureCustomerCommand } from '../../customers/contracts/ensure-customer';
import { HoldStockCommand } from '../../inventory/contracts/hold-stock';
import { CouponRepository } from '../data/coupon.repository';
import type { UnpaidOrders } from '../data/cart.repository';
import { OrderRepository } from '../data/order.repository';
import { HOLD_MINUTES } from '../domain/cart.policy';
import { demandAddress } from '../domain/address-rules';
import {
  demandAgreed,
  discountsTaken,
  isAgreed,
  type Agreed,
  type Destination,
  type Quote,
} from '../domain/cart-quote';
import { couponRefused } from '../domain/coupon-rules';
import { Order } from '../domain/order';
import type { ShippingAddress } from '../domain/new-order';
import { orderTokenOf } from '../domain/order-access';
import type { OrderView } from '../domain/order-view';
import { dueChanged, loginNeeded, orderNotFound, tooManyUnpaid } from '../domain/orders.errors';
import { CancelUnpaidOrder } from '../reactions/cancel-unpaid-order';
import { CartDesk, type OpenCart } from './cart-desk';
import { cartReference } from './cart-holds';
import { OrderCredit } from './order-credit';
import { OrderCompletion } from './order-completion';
import { OrderViews } from './order-views';
import { PaymentSettlement, shopperOf, type CheckoutResult, type OpenPayment } from './payment-settlement';
import { Shoppers } from './shoppers';

/** Hours in which an order can be paid after the last moment in which it could be approved. */
const PAY_HOURS_AFTER_APPROVAL = 24;

export interface CheckoutRequest {
  cartSecret: string;
  email: string;
  shippingAddress: ShippingAddress;
  paymentMethod: PayingMethod;
  /** The total that the shopper was shown; another one is refused instead of charged. */
  expectedTotal?: Money;
  /** The same, to the line: the hash that the cart showed. Without either, the price that the cart showed last counts. */
  priceHash?: string;
  /** Where the shopper's browser ends after a redirect to the bank. */
  returnUrl?: string;
  /** Codes of gift cards that pay first, in this order. */
  giftCards?: readonly string[];
  /** The customer's store credit pays too. */
  storeCredit?: boolean;
  /** What is left for the payment method, as the shopper was shown it; another amount is refused. */
  expectedDue?: Money;
}

/**
 * Turns a cart into an order and pays it: one transaction for prices, stock, order and intent; the gateway outside of
 * any; one transaction for the outcome, the completion and the answer.
 */
export class CheckoutCommand extends Command<CheckoutResult> {
  constructor(readonly request: CheckoutRequest) {
    super();
  }
}

type Placed = OpenPayment | CheckoutResult;

/** A locked cart with what it costs whoever it is. */
type Priced = OpenCart & { quote: Quote };

@CommandHandler(CheckoutCommand)
export class CheckoutHandler implements ICommandHandler<CheckoutCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly desk: CartDesk,
    private readonly orders: OrderRepository,
    private readonly coupons: CouponRepository,
    private readonly completion: OrderCompletion,
    private readonly settlement: PaymentSettlement,
    private readonly shoppers: Shoppers,
    private readonly limits: ResourceLimits,
    private readonly credit: OrderCredit,
    private readonly views: OrderViews,
  ) {}

  async execute({ request }: CheckoutCommand): Promise<CheckoutResult> {
    demandAddress(request.shippingAddress, '/shippingAddress');
    const shopper = shopperId();
    if (request.storeCredit && ownUser(request) === null) throw loginNeeded();
    const cards = request.giftCards?.length
      ? await this.commands.execute(new PresentGiftCardsCommand({ codes: request.giftCards }))
      : [];
    const placed = await this.uow.run<Placed>(
      (tx) => (tx.resumed ? this.resume(tx, tx.resumed) : this.place(tx, request, shopper, cards)),
      { keepPlans: true },
    );
    if ('order' in placed) return placed;
    const guest = shopper === null && !isUuid(request.cartSecret);
    const token = guest ? orderTokenOf(request.cartSecret, placed.orderId) : undefined;
    return this.settlement.settle(placed, token);
  }

  private async place(
    tx: Transaction,
    request: CheckoutRequest,
    userId: string | null,
    cards: readonly GiftCardFacts[],
  ): Promise<Placed> {
    const own = ownUser(request);
    // A login is tied to its customer behind a savepoint, which must not be set beside other work.
    const known = own === null ? null : await this.customer(request, own);
    const placedFrom = this.shoppers.counted();
    const [{ id: customerId }, priced] = await together(
      async () => known ?? this.customer(request, null),
      () => this.pricedCart(request, placedFrom),
    );
    const { cart } = priced;
    const quote = await this.agreedQuote(request, priced, customerId);
    await this.limits.assertWithin(tx, 'ordersPerMonth');
    const now = this.clock.now();
    const need = await this.approvalNeed(quote);
    const demand = await this.desk.demand(quote);
    const holdExpiresAt = need
      ? new Date(need.expiresAt.getTime() + PAY_HOURS_AFTER_APPROVAL * 3_600_000)
      : new Date(now.getTime() + HOLD_MINUTES * 60_000);
    const id = newId();
    // A cart that is named by its id is its owner's: the id is no secret, and nobody gets a token of it.
    const token = orderTokenOf(isUuid(request.cartSecret) ? newSecret() : request.cartSecret, id);
    const order = Order.place(
      {
        id,
        cartId: cart.id,
        customerId,
        userId,
        email: request.email,
        shippingAddress: request.shippingAddress,
        currency: quote.currency,
        lines: quote.lines,
        figures: quote.figures,
        discounts: discountsTaken(quote),
        shippingMethod: quote.shipping,
        accessTokenHash: sha256(token),
        holdExpiresAt,
        placedFrom,
      },
      now,
    );
    const giftCardIds = cards.map((card) => card.id);
    const credit = await this.credit.plan(order, giftCardIds, request.storeCredit ? customerId : null);
    demandDue(order, request.expectedDue);
    if (need) order.awaitApproval();
    // Side by side, although payments rank before inventory: the intent's rows are new, and nobody else can hold them.
    const [opened] = await together(
      async () => (order.chargeable > 0 && !need ? this.openIntent(order, request) : null),
      () =>
        this.commands.execute(
          new HoldStockCommand({
            reference: { type: 'order', id },
            lines: demand,
            expiresAt: holdExpiresAt,
            takesOver: cart.hold.span ? cartReference(cart.id) : undefined,
          }),
        ),
    );
    await this.credit.hold(order, credit);
    const promotions = quote.discounts.applied.map(({ promotion }) => promotion);
    await together(
      () => this.orders.place(order),
      () => this.coupons.use(id, customerId, promotions),
    );
    order.announce(need && { ...need, expiresAt: need.expiresAt.toISOString() });
    this.orders.recordEvents(order);
    const guestToken = userId === null ? token : undefined;
    if (opened === null && !need) return this.free(order, guestToken);
    tx.timer(CancelUnpaidOrder, { orderId: id }, holdExpiresAt);
    if (opened === null) return unpaid(await this.views.of(order), guestToken);
    tx.lease(id);
    return { orderId: id, attemptId: opened.attemptId, attempt: opened.attempt, lines: order.lines };
  }

  private customer({ email, shippingAddress }: CheckoutRequest, userId: string | null): Promise<{ id: string }> {
    return this.commands.execute(new EnsureCustomerCommand({ email, name: shippingAddress.name, userId }));
  }

  /** The cart, locked, at today's prices. */
  private async pricedCart({ cartSecret, shippingAddress }: CheckoutRequest, placedFrom: Buffer | null) {
    const open = await this.desk.openToOrder(cartSecret, placedFrom);
    this.demandFewUnpaid(open.orders);
    return { ...open, quote: await this.desk.quote(open, destinationOf(shippingAddress)) };
  }

  /**
   * What the shopper agreed to pay. Who they are is known only now: without the promotions that they may not use (again)
   * the price may be another.
   * @throws AppError conflict `orders.price-changed`, `orders.coupon-refused`
   */
  private async agreedQuote(request: CheckoutRequest, { quote, ...open }: Priced, customerId: string): Promise<Quote> {
    const agreed: Agreed = { total: request.expectedTotal, hash: request.priceHash, shown: open.cart.shown };
    const spent = await this.coupons.spentOf(customerId, open.cart.promotions);
    const left = spent.size > 0 ? await this.desk.quote(open, destinationOf(request.shippingAddress), spent) : quote;
    const entered = quote.discounts.applied.find(({ promotion: { id, code } }) => code !== null && spent.has(id));
    if (entered && !isAgreed(left, agreed))
      throw couponRefused(entered.promotion.code!, spent.get(entered.promotion.id)!);
    demandAgreed(left, agreed);
    return left;
  }

  /**
   * Nobody keeps a shop's goods from others by orders that are never paid.
   * @throws AppError too-many `orders.too-many-unpaid`
   */
  private demandFewUnpaid(orders: UnpaidOrders | null): void {
    if (orders && orders.unpaid >= this.shoppers.most) throw tooManyUnpaid(orders.seconds);
  }

  /** What buyers of a company may spend is their company's matter: the gateway is not asked before it agreed. */
  private async approvalNeed({ lines, figures, currency }: Quote): Promise<OrderApprovalNeed | null> {
    const { kind, userId } = currentContext().principal;
    const amount = figures.total;
    if (kind !== 'user' || !userId || amount === 0) return null;
    const categoryIds = lines.map(({ categoryId }) => categoryId).filter((id) => id !== null && id !== undefined);
    return this.queries.execute(new OrderApprovalQuery({ userId, total: { amount, currency }, categoryIds }));
  }

  private openIntent(order: Order, { paymentMethod, returnUrl }: CheckoutRequest): Promise<OpenedIntent> {
    return this.commands.execute(
      new OpenIntentCommand({
        payable: { type: 'order', id: order.id },
        amount: { amount: order.chargeable, currency: order.currency },
        method: paymentMethod,
        returnUrl,
        shopper: shopperOf(order),
        metadata: { orderId: order.id },
      }),
    );
  }

  /** An order that costs nothing is complete at once. */
  private async free(order: Order, accessToken: string | undefined): Promise<CheckoutResult> {
    const promised = await this.completion.complete(order);
    return unpaid(promised ? this.views.with(order, promised) : await this.views.of(order), accessToken);
  }

  /** An equal request died between the transactions: its order exists, and the gateway is asked again about its attempt. */
  private async resume(tx: Transaction, orderId: string): Promise<Placed> {
    const [payment] = await this.queries.execute(new PaymentViewQuery({ payableIds: [orderId] }));
    if (!payment?.attemptId) throw orderNotFound();
    tx.lease(orderId);
    return { orderId, attemptId: payment.attemptId };
  }
}

/** The answer for an order that nothing is charged for now. */
const unpaid = (order: OrderView, accessToken: string | undefined): CheckoutResult => ({
  order,
  payment: null,
  ...(accessToken ? { accessToken } : {}),
});

/**
 * The signed-in shopper, who reads their orders by their login; null for guests, for people whose login belongs to no
 * shop, and for staff, who order for somebody else: these get the order's token.
 */
function shopperId(): string | null {
  const { principal } = currentContext();
  const isStaff = hasPermission(principal, 'orders:read');
  return principal.kind === 'user' && !isStaff && hasPermission(principal, 'orders:read-own') ? principal.userId : null;
}

/** @throws AppError conflict `orders.due-changed` */
function demandDue(order: Order, shown?: Money): void {
  const { chargeable: amount, currency } = order;
  if (shown && (shown.amount !== amount || shown.currency !== currency)) throw dueChanged({ amount, currency });
}

/** What of an address the price hangs on. */
const destinationOf = ({ country, region, postalCode }: ShippingAddress): Destination => ({
  country: country ?? '',
  region: region ?? null,
  postalCode: postalCode ?? null,
});

/** Links the customer to the user only where the address is the user's own. */
function ownUser(request: CheckoutRequest): string | null {
  const { principal } = currentContext();
  return principal.email?.toLowerCase() === request.email.toLowerCase() ? shopperId() : null;
}
