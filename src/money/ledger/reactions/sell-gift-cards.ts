import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { OrderCancelled, OrderLinesCancelled, OrderPaid } from '../../../commerce/orders/contracts/order-events';
import { CreditDesk } from '../commands/credit-desk';
import { CreditRepository } from '../data/credit.repository';
import { SaleRepository } from '../data/sale.repository';
import { raise } from '../domain/sale';

/** The order is cancelled: none of its cards stays. */
const ALL = '*';

/**
 * Gift cards that were sold and are paid are made: one a piece, of its price, mailed to the buyer. What was given up before
 * this ran makes none: the state of the order's books is locked by whoever makes cards and by whoever ends them.
 */
@Reaction({ name: 'ledger.issue-gift-cards-when-order-paid', on: OrderPaid })
export class IssueGiftCardsWhenOrderPaid implements Reacts<OrderPaid> {
  constructor(
    private readonly credits: CreditRepository,
    private readonly sales: SaleRepository,
    private readonly desk: CreditDesk,
  ) {}

  async react({ payload }: StoredEvent<OrderPaid>): Promise<void> {
    const { orderId, number, email, customerId, total } = payload;
    const { skus } = await this.credits.rules();
    const sold = payload.lines.filter(({ sku, unitPrice }) => skus.includes(sku) && unitPrice.amount > 0);
    if (sold.length === 0) return;
    const given = (await this.sales.lock(orderId, total.currency)).cardsGiven ?? {};
    if (given[ALL]) return;
    for (const { lineId, sku, quantity, unitPrice } of sold)
      for (let piece = given[lineId ?? sku] ?? 0; piece < quantity; piece++)
        await this.desk.issue({
          amount: unitPrice,
          origin: 'order',
          recipient: email,
          note: `Order ${number}`,
          customerId,
          orderId,
          lineId: lineId ?? null,
        });
  }
}

/** Withdraws cards of orders, and remembers it for cards that are not made yet. */
class CardsThatEnd {
  constructor(
    private readonly credits: CreditRepository,
    private readonly sales: SaleRepository,
  ) {}

  async end(orderId: string, currency: string, key: string, pieces: number): Promise<void> {
    const { skus } = await this.credits.rules();
    if (skus.length === 0) return;
    const sale = await this.sales.lock(orderId, currency);
    raise((sale.cardsGiven ??= {}), key, pieces);
    this.sales.save(orderId, sale);
    const cards = await this.credits.lockSold(orderId, key === ALL ? null : key);
    for (const card of key === ALL ? cards : cards.slice(0, pieces))
      await this.credits.end(card, 'voided', { orderId, lineId: card.lineId });
  }
}

/** The cards of an order that is cancelled are no more, as far as they are not spent. */
@Reaction({ name: 'ledger.end-gift-cards-when-order-cancelled', on: OrderCancelled })
export class EndGiftCardsWhenOrderCancelled extends CardsThatEnd implements Reacts<OrderCancelled> {
  constructor(credits: CreditRepository, sales: SaleRepository) {
    super(credits, sales);
  }

  react({ payload: { orderId, total } }: StoredEvent<OrderCancelled>): Promise<void> {
    return this.end(orderId, total.currency, ALL, 1);
  }
}

/** Of a line of which pieces were given up, as many cards are no more. */
@Reaction({ name: 'ledger.end-gift-cards-when-lines-cancelled', on: OrderLinesCancelled })
export class EndGiftCardsWhenLinesCancelled extends CardsThatEnd implements Reacts<OrderLinesCancelled> {
  constructor(credits: CreditRepository, sales: SaleRepository) {
    super(credits, sales);
  }

  async react({ payload: { orderId, total, cancelled } }: StoredEvent<OrderLinesCancelled>): Promise<void> {
    for (const { lineId, quantity } of cancelled) await this.end(orderId, total.currency, lineId, quantity);
  }
}
