import type { DomainEvent, StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import {
  ChargeUnused,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentPartlyCaptured,
  PaymentVoided,
  RefundReversed,
  RefundSucceeded,
} from '../../payments/contracts/payment-events';
import { OrderBooks, type Occasion } from '../commands/order-books';

/** What an event says of itself, for the journal that is posted for it. */
export const occasionOf = <E extends DomainEvent>(
  event: StoredEvent<E>,
  purpose: string,
  description: string,
): Occasion => ({ eventId: event.id, at: event.at, purpose, description });

/** Reserved money is pending. */
@Reaction({ name: 'ledger.book-when-payment-authorized', on: PaymentAuthorized })
export class BookWhenPaymentAuthorized implements Reacts<PaymentAuthorized> {
  constructor(private readonly books: OrderBooks) {}

  react(event: StoredEvent<PaymentAuthorized>): Promise<void> {
    return this.books.authorized(occasionOf(event, 'payment-authorized', 'Payment reserved'), event.payload);
  }
}

/** What was reserved and not captured is void. */
@Reaction({ name: 'ledger.book-when-payment-voided', on: PaymentVoided })
export class BookWhenPaymentVoided implements Reacts<PaymentVoided> {
  constructor(private readonly books: OrderBooks) {}

  react(event: StoredEvent<PaymentVoided>): Promise<void> {
    return this.books.released(occasionOf(event, 'payment-voided', 'Reservation let go'), event.payload);
  }
}

/** Captured money is at the provider, and owed to the customer until the goods leave. */
@Reaction({ name: 'ledger.book-when-payment-captured', on: PaymentCaptured })
export class BookWhenPaymentCaptured implements Reacts<PaymentCaptured> {
  constructor(private readonly books: OrderBooks) {}

  react(event: StoredEvent<PaymentCaptured>): Promise<void> {
    return this.books.charged(occasionOf(event, 'payment-captured', 'Payment captured'), event.payload);
  }
}

/** The part that was captured. */
@Reaction({ name: 'ledger.book-when-payment-partly-captured', on: PaymentPartlyCaptured })
export class BookWhenPaymentPartlyCaptured implements Reacts<PaymentPartlyCaptured> {
  constructor(private readonly books: OrderBooks) {}

  react(event: StoredEvent<PaymentPartlyCaptured>): Promise<void> {
    return this.books.charged(occasionOf(event, 'payment-captured', 'Payment captured in part'), event.payload);
  }
}

/** Money that pays for nothing is owed to the customer until it goes back. */
@Reaction({ name: 'ledger.book-when-charge-unused', on: ChargeUnused })
export class BookWhenChargeUnused implements Reacts<ChargeUnused> {
  constructor(private readonly books: OrderBooks) {}

  react(event: StoredEvent<ChargeUnused>): Promise<void> {
    return this.books.charged(occasionOf(event, 'charge-unused', 'Charge that pays for nothing'), event.payload, true);
  }
}

/** Money went back. */
@Reaction({ name: 'ledger.book-when-refund-succeeded', on: RefundSucceeded })
export class BookWhenRefundSucceeded implements Reacts<RefundSucceeded> {
  constructor(private readonly books: OrderBooks) {}

  react(event: StoredEvent<RefundSucceeded>): Promise<void> {
    return this.books.refunded(occasionOf(event, 'refund', 'Refund'), event.payload);
  }
}

/** Money that went back is at the provider again. */
@Reaction({ name: 'ledger.book-when-refund-reversed', on: RefundReversed })
export class BookWhenRefundReversed implements Reacts<RefundReversed> {
  constructor(private readonly books: OrderBooks) {}

  react(event: StoredEvent<RefundReversed>): Promise<void> {
    return this.books.refundReversed(occasionOf(event, 'refund-reversed', 'Refund that came back'), event.payload);
  }
}
