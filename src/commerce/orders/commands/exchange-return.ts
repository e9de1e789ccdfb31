import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { ReleaseWithheldCommand, WithholdRefundCommand } from '../../../money/payments/contracts/withhold-refund';
import { OrderEntries } from '../data/order-entries';
import type { CartLine } from '../domain/cart-quote';
import { quoteWhole } from '../domain/cart-quote';
import { STANDARD_CATEGORY, taxTermsOf } from '../domain/checkout-settings';
import { exchangeOf } from '../domain/exchange';
import { Order } from '../domain/order';
import type { OrderReturn } from '../domain/order-return';
import type { OrderView } from '../domain/order-view';
import { nothingToRefund } from '../domain/orders.errors';
import type { ReturnView } from '../domain/return-view';
import { FindCheckoutSettingsQuery } from '../queries/find-checkout-settings';
import { CartDesk } from './cart-desk';
import { OrderCredit } from './order-credit';
import { ReturnDesk } from './manage-return';
import { addedUp, OrderPlacement } from './order-placement';
import { OrderViews } from './order-views';

export interface ExchangedReturn {
  return: ReturnView;
  /** The order of what is sent instead. */
  order: OrderView;
}

/**
 * Gives other goods for those that came back. They are an order of their own, at today's prices and without freight, on
 * which the worth of what came back is a discount: it comes to the difference, which its shopper pays, or to nothing, and
 * what the goods cost less goes back as money. Its stock is held in the same commit. Should that order be given up, the
 * return is inspected again.
 * @throws AppError not-found `orders.return-not-found`, conflict `orders.return-transition-refused`,
 *   `orders.nothing-to-refund`, `orders.not-for-sale`, invalid `orders.unknown-sku`, conflict `inventory.out-of-stock`
 */
export class ExchangeReturnCommand extends Command<ExchangedReturn> {
  constructor(readonly request: { returnId: string; lines: readonly CartLine[] }) {
    super();
  }
}

@CommandHandler(ExchangeReturnCommand)
export class ExchangeReturnHandler implements ICommandHandler<ExchangeReturnCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly desk: ReturnDesk,
    private readonly carts: CartDesk,
    private readonly placement: OrderPlacement,
    private readonly credit: OrderCredit,
    private readonly entries: OrderEntries,
    private readonly views: OrderViews,
  ) {}

  execute({ request }: ExchangeReturnCommand): Promise<ExchangedReturn> {
    return this.uow.run(async (tx) => {
      let replacement: Order | null = null;
      const changed = await this.desk.change(request.returnId, async (found, order) => {
        // What went back by hand already is not given once more in goods.
        const worth = Math.min(found.worth('exchanged'), order.due + order.tradeLeft);
        if (worth === 0) throw nothingToRefund();
        const priced = await this.price(found, order, addedUp(request.lines), worth);
        replacement = priced.replacement;
        // Locks follow the rank: orders, payments, inventory.
        const rest = Math.min(priced.rest, order.due);
        order.giveTradeBack(priced.rest - rest);
        found.settlePart(priced.rest - rest);
        const payable = { type: 'order' as const, id: order.id };
        const back = rest > 0 ? await this.credit.giveBack(order, rest, 'exchange') : null;
        found.settlePart(back?.credit ?? 0);
        // A refund that is on its way is not counted as money that went back yet.
        const kept = order.exchange(worth - priced.rest);
        if (kept > 0) await this.commands.execute(new WithholdRefundCommand({ payable, amount: kept }));
        await this.placement.place(tx, replacement, priced.demand, {
          kind: 'exchange',
          orderId: order.id,
          number: order.number,
          returnNumber: found.number,
          back: priced.rest,
        });
        found.exchange(replacement.id, this.clock.now(), back?.refund ?? null);
        const data = { returnNumber: found.number, orderId: replacement.id, number: replacement.number };
        this.entries.add({ orderId: order.id, kind: 'exchanged', data, shownToCustomer: true });
      });
      return { return: changed, order: await this.views.of(replacement!) };
    });
  }

  /** The order of what is sent instead, and what is left over of the worth of what came back. */
  private async price(back: OrderReturn, order: Order, lines: CartLine[], worth: number) {
    const { variants, groupIds } = await this.placement.sellables(lines, order.currency, order.customerId);
    const settings = await this.queries.execute(new FindCheckoutSettingsQuery());
    const quote = quoteWhole(lines, variants, {
      settings,
      destination: null,
      promotions: [],
      methods: [],
      methodId: null,
      groupIds,
      now: this.clock.now(),
    });
    const terms = taxTermsOf(settings, order.shippingAddress?.country ?? settings.defaultCountry);
    const goods = quote.lines.map(({ unitPrice, quantity, taxCategory }) => ({
      unitPrice,
      quantity,
      taxCategory: taxCategory ?? STANDARD_CATEGORY,
    }));
    const { figures, discount, rest } = exchangeOf(order.currency, goods, terms, worth);
    const replacement = Order.place(
      {
        id: newId(),
        cartId: null,
        customerId: order.customerId,
        userId: order.userId,
        email: order.email ?? '',
        shippingAddress: order.shippingAddress!,
        currency: order.currency,
        lines: quote.lines.map((line, index) => ({ ...line, ...figures.lines[index] })),
        figures,
        discounts: [
          { couponId: back.id, code: null, name: `Return ${back.number}`, amount: discount, freeShipping: false },
        ],
        shippingMethod: order.shippingMethod,
        accessTokenHash: order.accessTokenHash,
        holdExpiresAt: this.placement.payUntil(),
        placedFrom: null,
        origin: { kind: 'exchange', id: back.id },
        traded: worth - rest,
      },
      this.clock.now(),
    );
    return { replacement, rest, demand: await this.carts.demand(quote) };
  }
}

/** The order that was to replace returned goods was given up. To be sent once an order. */
export class ReopenReturnCommand extends Command<void> {
  constructor(readonly request: { orderId: string; returnId: string }) {
    super();
  }
}

@CommandHandler(ReopenReturnCommand)
export class ReopenReturnHandler implements ICommandHandler<ReopenReturnCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly desk: ReturnDesk,
    private readonly entries: OrderEntries,
  ) {}

  async execute({ request: { orderId, returnId } }: ReopenReturnCommand): Promise<void> {
    const [replacement] = await this.uow
      .current()
      .query<{ traded: number }>(
        `select (traded_total - traded_spent)::float8 as traded from orders.orders where tenant_id = $1 and id = $2`,
        [this.uow.current().tenantId, orderId],
      );
    await this.desk.change(returnId, async (back, order) => {
      if (back.status !== 'exchanged' || back.replacementOrderId !== orderId) return;
      back.reopen();
      const { released: amount } = order.endExchange(replacement.traded);
      const payable = { type: 'order' as const, id: order.id };
      if (amount > 0) await this.commands.execute(new ReleaseWithheldCommand({ payable, amount }));
      const data = { returnNumber: back.number, orderId };
      this.entries.add({ orderId: order.id, kind: 'exchange_given_up', data });
    });
  }
}
