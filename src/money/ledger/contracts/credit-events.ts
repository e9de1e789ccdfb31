import { DomainEvent } from '../../../kernel/messaging/domain-event';
import type { Money } from '../../../kernel/money/money';

/** What gift cards and store credit are. */
export type CreditKind = 'gift_card' | 'store_credit';
/** How a credit came to be: given by staff, paid for outside of the shop, sold by an order, put back for one. */
export type CreditOrigin = 'given' | 'paid' | 'order' | 'refund';
/** `merged`: it is part of the other store credit of its customer. */
export type CreditState = 'active' | 'expired' | 'voided' | 'merged';
/** `merged`: it went from one store credit to the other when two customers became one, or came from there. */
export type CreditMovement = 'issued' | 'redeemed' | 'refunded' | 'expired' | 'voided' | 'merged';

/** What a gift card or store credit is good for changed. Aggregate: the credit. */
export class CreditMoved extends DomainEvent<{
  creditId: string;
  kind: CreditKind;
  origin: CreditOrigin;
  movement: CreditMovement;
  /** Positive where it is good for more now. */
  amount: Money;
  /** The order that it was spent on, sold by, or put back for. */
  orderId: string | null;
  /** The line of that order, where it sold the card; older stored events lack it. */
  lineId?: string | null;
}> {
  static override readonly type = 'ledger.credit-moved.v1';
}
