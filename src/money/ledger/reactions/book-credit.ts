import { money } from '../../../kernel/money/money';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { CustomerMerged } from '../../../commerce/customers/contracts/customer-merged';
import { Bookkeeper } from '../commands/bookkeeper';
import { CreditDesk } from '../commands/credit-desk';
import { OrderBooks } from '../commands/order-books';
import { CreditMoved } from '../contracts/credit-events';
import { CODES } from '../domain/chart';
import { credit, debit } from '../domain/journal-draft';
import { occasionOf } from './book-payments';

const SAID = {
  issued: 'Credit issued',
  redeemed: 'Paid with credit',
  refunded: 'Put back as credit',
  expired: 'Credit expired',
  voided: 'Credit withdrawn',
};

/**
 * What cards and customers are good for is a liability. Spent on an order it is money of that order; given away it is an
 * expense; what expires is income, once nobody can ask for it any more (IFRS 15.B46).
 */
@Reaction({ name: 'ledger.book-when-credit-moved', on: CreditMoved })
export class BookWhenCreditMoved implements Reacts<CreditMoved> {
  constructor(
    private readonly bookkeeper: Bookkeeper,
    private readonly books: OrderBooks,
  ) {}

  async react(event: StoredEvent<CreditMoved>): Promise<void> {
    const { creditId, kind, origin, movement, amount, orderId, lineId } = event.payload;
    // From one store credit to the other: what is owed stays the same.
    if (movement === 'merged') return;
    const liability = kind === 'gift_card' ? CODES.giftCards : CODES.storeCredit;
    const occasion = occasionOf(event, `credit-${movement}`, SAID[movement]);
    const size = money(Math.abs(amount.amount), amount.currency);
    if (orderId && (movement === 'redeemed' || movement === 'refunded'))
      return this.books.credit(occasion, { orderId, creditId, liability, amount: size, back: movement === 'refunded' });
    // Sold with an order, or withdrawn with it: both are of the order's own books.
    if (orderId && lineId) return this.books.cards(occasion, { orderId, lineId, amount });
    const against = {
      issued: origin === 'paid' ? CODES.bank : CODES.creditGiven,
      voided: origin === 'given' ? CODES.creditGiven : CODES.breakage,
      expired: CODES.breakage,
      redeemed: CODES.creditGiven,
      refunded: CODES.creditGiven,
    }[movement];
    const lines =
      amount.amount > 0
        ? [...debit(against, size), ...credit(liability, size)]
        : [...debit(liability, size), ...credit(against, size)];
    const { eventId, at, purpose, description } = occasion;
    const document = { type: kind.replace('_', '-'), id: creditId };
    const source = { type: 'event', id: eventId };
    await this.bookkeeper.post({
      kind: 'posted',
      purpose,
      description,
      source,
      document,
      idempotencyKey: eventId,
      effectiveAt: at,
      lines,
    });
  }
}

/** What two customers had is one's now. */
@Reaction({ name: 'ledger.move-credit-when-customer-merged', on: CustomerMerged })
export class MoveCreditWhenCustomerMerged implements Reacts<CustomerMerged> {
  constructor(private readonly desk: CreditDesk) {}

  react({ payload: { customerId, mergedId } }: StoredEvent<CustomerMerged>): Promise<void> {
    return this.desk.merge(mergedId, customerId);
  }
}
