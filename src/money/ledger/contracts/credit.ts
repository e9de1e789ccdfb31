import { Command, Query } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';

/** What pays a part of an order, minor units. */
export interface CreditPart {
  creditId: string;
  amount: number;
}

/** A gift card as whoever has its code may know it. */
export interface GiftCardFacts {
  id: string;
  /** The last four letters of its code. */
  tail: string;
  /** What is left and not promised to an order. */
  available: Money;
  /** RFC 3339; null: never. */
  expiresAt: string | null;
}

/**
 * Finds gift cards by their codes. Who presents too many codes that are none is refused for an hour; these are counted in
 * a commit of their own, so that this is never sent inside a transaction.
 * @throws AppError invalid `ledger.gift-card-unknown`, too-many `ledger.too-many-codes`
 */
export class PresentGiftCardsCommand extends Command<GiftCardFacts[]> {
  constructor(readonly request: { codes: readonly string[] }) {
    super();
  }
}

/**
 * How much of an amount these cards, in their order, and then the customer's store credit would pay. Locks nothing; joins
 * an open transaction. @throws AppError conflict `ledger.gift-card-unusable`
 */
export class PlanCreditQuery extends Query<CreditPart[]> {
  constructor(
    readonly request: {
      giftCardIds: readonly string[];
      /** Whose store credit pays too; null: nobody's. */
      customerId: string | null;
      amount: Money;
    },
  ) {
    super();
  }
}

/** What credit belongs to. */
interface Reference {
  reference: { type: 'order'; id: string };
}

/**
 * Promises credit to an order, in the caller's transaction: all of it or nothing, by a conditional update.
 * @throws AppError conflict `ledger.credit-spent`
 */
export class HoldCreditCommand extends Command<void> {
  constructor(readonly request: Reference & { parts: readonly CreditPart[] }) {
    super();
  }
}

/** Spends what is held for an order, up to an amount, and lets the rest go. Once; in the caller's transaction. */
export class RedeemCreditCommand extends Command<void> {
  constructor(readonly request: Reference & { amount: number }) {
    super();
  }
}

/** Lets go what is held for an order. Idempotent; in the caller's transaction. */
export class ReleaseCreditCommand extends Command<void> {
  constructor(readonly request: Reference) {
    super();
  }
}

/**
 * Puts back what an order spent, last spent first: onto the card or credit that it came from, or onto the customer's store
 * credit where that card is no more. In the caller's transaction; not idempotent.
 * @returns an id by which the order knows it
 */
export class RefundCreditCommand extends Command<{ refundId: string }> {
  constructor(readonly request: Reference & { amount: number; customerId: string | null }) {
    super();
  }
}

/** Gives a customer store credit for money of an order that does not go back otherwise. In the caller's transaction. */
export class CreditOrderCommand extends Command<{ refundId: string }> {
  constructor(readonly request: Reference & { amount: Money; customerId: string }) {
    super();
  }
}
