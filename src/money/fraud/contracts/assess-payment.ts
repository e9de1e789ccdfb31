import { Command } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';

/** What becomes of a try to pay. `challenge` asks the shopper's bank (3-D Secure); `review` reserves and waits for a person. */
export type FraudDecision = 'allow' | 'challenge' | 'review' | 'block';

/** Who pays, as far as the caller knows. Personal data: kept with the assessment, never passed on. */
export interface Shopper {
  email?: string | null;
  /** The signed-in user; null for guests. */
  userId?: string | null;
  name?: string | null;
  shipping?: PostalAddress | null;
  billing?: PostalAddress | null;
}

export interface PostalAddress {
  line1?: string | null;
  city?: string | null;
  postalCode?: string | null;
  /** ISO 3166-1 alpha-2. */
  country?: string | null;
}

export interface Assessed {
  assessmentId: string;
  decision: FraudDecision;
  /** 0 to 100. */
  score: number;
  /** Reserve first, as the judgement waits for what the gateway says of the card. True for every `review`. */
  reserveFirst: boolean;
}

/**
 * Judges one try to pay, in the caller's transaction and before any gateway is asked. Null where the tenant has nothing
 * on. Limits that rules set hold for tries at the same moment too: equal addresses, cards and the like wait for each
 * other until the caller's commit. A refused try stays counted although the caller undoes its transaction.
 */
export class AssessPaymentCommand extends Command<Assessed | null> {
  constructor(
    readonly request: {
      attemptId: string;
      payable: { type: string; id: string };
      amount: Money;
      method: { type: string; token: string };
      provider: string;
      channel: string;
      shopper?: Shopper;
    },
  ) {
    super();
  }
}

/**
 * A try goes on at another gateway: its judgement goes along, as it is still one try of one shopper. In the caller's
 * transaction; nothing happens where none was made.
 */
export class MoveAssessmentCommand extends Command<void> {
  constructor(readonly request: { from: string; to: string }) {
    super();
  }
}
