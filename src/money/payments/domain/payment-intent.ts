import type { Money } from '../../../kernel/money/money';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import type { GatewayOutcome, ReportedCard } from '../contracts/gateway-outcome';
import {
  ChargeUnused,
  PAID_TWICE,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentFailed,
  PaymentNeedsAttention,
  PaymentPartlyCaptured,
  PaymentRerouted,
  PaymentVoided,
  ShopperNeeded,
} from '../contracts/payment-events';
import type { PayingAs } from '../contracts/open-intent';
import type { AttemptState, IntentStatus, Payable, PaymentFacts } from '../contracts/payment-view';
import { canMoveAttempt, canMoveIntent, isClosed, isInFlight } from './machines';
import type { Route } from './routing';
import {
  alreadyPaid,
  amountChanged,
  captureTooLarge,
  illegalMove,
  notCapturable,
  paymentInFlight,
  underReview,
} from './payments.errors';

/** One try at one gateway. Amounts are integer minor units of the intent's currency. */
export interface PaymentAttempt {
  id: string;
  intentId: string;
  gatewayId: string;
  provider: string;
  method: { type: string; token: string };
  /** What the gateway was asked to do with the money; a later try may be judged otherwise. */
  capture: 'automatic' | 'manual';
  /** The shopper's bank is to make sure of the shopper. */
  challenge: boolean;
  state: AttemptState;
  /** State in the database, which the UPDATE is conditional on; null while the row is not inserted. */
  storedState: AttemptState | null;
  providerPaymentId: string | null;
  actionUrl: string | null;
  error: { code: string; message: string } | null;
  authorized: number;
  captured: number;
  /** What a capture under way, or the last one, asked for. */
  captureAmount: number | null;
  /** When that capture was begun. */
  captureSince: Date | null;
  /** What the provider kept, where it said so. */
  fee: Money | null;
  refundPending: number;
  refunded: number;
  /** What pays for something else by now and is not to go back. */
  withheld: number;
  createdAt: Date;
  settledAt: Date | null;
  /** How the account was chosen. */
  route: Route | null;
  /** The try that this one goes on for. */
  failoverOf: string | null;
  /** When its gateway was first asked again by somebody who did not know whether it had been asked before. */
  repeatedAt: Date | null;
  /** Of a kept way to pay; null for others. */
  kept: KeptMethod | null;
  /** What the provider is told of the shopper; forgotten once it has answered. */
  payingAs: PayingAs | null;
}

/** How a try is paid from a kept way to pay. */
export interface KeptMethod {
  methodId: string;
  /** The provider's id of the person. */
  payer: string;
  /** The shopper is not there; should the bank want to hear them, they are asked at this address. */
  offSession: boolean;
  contact: string | null;
}

/** What is known of a try before it begins. */
export type NewAttempt = Pick<PaymentAttempt, 'id' | 'gatewayId' | 'provider' | 'method'> & {
  route?: Route | null;
  kept?: KeptMethod | null;
  payingAs?: PayingAs | null;
};

/** What must happen outside of the transaction after a decision; the handler asks for the jobs. */
export interface FollowUps {
  /** Attempts that the gateway should be told to cancel. */
  cancel: string[];
  /** Charges to give back. */
  refund: { attemptId: string; amount: number; reason: string }[];
}

export interface IntentRow {
  id: string;
  payable: Payable;
  amount: Money;
  status: IntentStatus;
  returnUrl: string | null;
  metadata: Record<string, string>;
  error: { code: string; message: string } | null;
  latestAttemptId: string | null;
  cancelReason: string | null;
  capturedAt: Date | null;
  /** `manual`: the gateway only reserves; the money is taken by a later decision. */
  capture: 'automatic' | 'manual';
  /** Where the sale was made, for reports: `online`, `import`, ... */
  channel: string;
  /** What is reserved waits for the judgement about its latest try. */
  screened: boolean;
  /** Once judged to be good it is captured by itself. */
  captureWhenCleared: boolean;
}

/** What the judgement about a try demands of it. */
export interface Precautions {
  /** It is reserved first and waits for a judgement. */
  screened: boolean;
  challenge: boolean;
}

/**
 * The payment of one payable, with its tries. Its row is locked before anything is decided; every change goes through
 * the edge tables. It never speaks to a gateway: it is told outcomes.
 */
export class PaymentIntent extends Aggregate {
  readonly id: string;
  readonly payable: Payable;
  readonly amount: Money;
  readonly returnUrl: string | null;
  readonly metadata: Record<string, string>;
  status: IntentStatus;
  error: { code: string; message: string } | null;
  latestAttemptId: string | null;
  cancelReason: string | null;
  capturedAt: Date | null;
  capture: 'automatic' | 'manual';
  readonly channel: string;
  screened: boolean;
  captureWhenCleared: boolean;
  readonly followUps: FollowUps = { cancel: [], refund: [] };
  /** The card, as the outcome that is being taken in tells of it. */
  private card: ReportedCard | null = null;

  constructor(
    row: IntentRow,
    readonly attempts: PaymentAttempt[],
    /** Status in the database; null while the row is not inserted. */
    readonly storedStatus: IntentStatus | null,
  ) {
    super();
    this.id = row.id;
    this.payable = row.payable;
    this.amount = row.amount;
    this.returnUrl = row.returnUrl;
    this.metadata = row.metadata;
    this.status = row.status;
    this.error = row.error;
    this.latestAttemptId = row.latestAttemptId;
    this.cancelReason = row.cancelReason;
    this.capturedAt = row.capturedAt;
    this.capture = row.capture;
    this.channel = row.channel;
    this.screened = row.screened;
    this.captureWhenCleared = row.captureWhenCleared;
  }

  static open(
    id: string,
    payable: Payable,
    amount: Money,
    returnUrl: string | null,
    metadata: Record<string, string>,
    terms: { capture?: 'automatic' | 'manual'; channel?: string } = {},
  ): PaymentIntent {
    return new PaymentIntent(
      {
        id,
        payable,
        amount,
        returnUrl,
        metadata,
        status: 'requires_payment_method',
        error: null,
        latestAttemptId: null,
        cancelReason: null,
        capturedAt: null,
        capture: terms.capture ?? 'automatic',
        channel: terms.channel ?? 'online',
        screened: false,
        captureWhenCleared: false,
      },
      [],
      null,
    );
  }

  get latestAttempt(): PaymentAttempt | null {
    return this.attempts.find((attempt) => attempt.id === this.latestAttemptId) ?? null;
  }

  /**
   * Begins a try: the state is written before the gateway is called. A shopper who left a redirect step may pay
   * another way; that older try is voided, its gateway is told, and should it charge after all it is given back.
   * @throws AppError `payments.already-paid`, `payments.payment-in-flight`, `payments.amount-changed`
   */
  begin(
    attempt: NewAttempt,
    amount: Money,
    now: Date,
    { screened, challenge }: Precautions = { screened: false, challenge: false },
  ): PaymentAttempt {
    if (this.status === 'succeeded' || this.status === 'partially_captured') throw alreadyPaid();
    if (amount.amount !== this.amount.amount || amount.currency !== this.amount.currency) throw amountChanged();
    if (
      this.cancelReason !== null ||
      !['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(this.status)
    )
      throw paymentInFlight();
    for (const earlier of this.attempts.filter(({ state }) => isInFlight(state))) {
      if (earlier.state !== 'authentication_pending') throw paymentInFlight();
      this.moveAttempt(earlier, 'voided', now);
      earlier.error = { code: 'superseded', message: 'Another payment method was used.' };
      this.followUps.cancel.push(earlier.id);
    }
    // A screened try reserves whatever the shop wants; the next one is as the shop wants it again.
    const wanted = this.captureWhenCleared ? 'automatic' : this.capture;
    this.screened = screened;
    this.captureWhenCleared = screened && wanted === 'automatic';
    this.capture = screened ? 'manual' : wanted;
    return this.start(attempt, { capture: this.capture, challenge, failoverOf: null }, now);
  }

  private start(
    attempt: NewAttempt,
    terms: Pick<PaymentAttempt, 'capture' | 'challenge' | 'failoverOf'>,
    now: Date,
  ): PaymentAttempt {
    const { id, gatewayId, provider, method, route = null, kept = null, payingAs = null } = attempt;
    const begun: PaymentAttempt = {
      id,
      gatewayId,
      provider,
      method,
      route,
      kept,
      payingAs,
      ...terms,
      intentId: this.id,
      state: 'started',
      storedState: null,
      providerPaymentId: null,
      actionUrl: null,
      error: null,
      authorized: 0,
      captured: 0,
      captureAmount: null,
      captureSince: null,
      fee: null,
      refundPending: 0,
      refunded: 0,
      withheld: 0,
      createdAt: now,
      settledAt: null,
      repeatedAt: null,
    };
    this.attempts.push(begun);
    this.latestAttemptId = begun.id;
    this.error = null;
    this.moveTo('processing');
    return begun;
  }

  /**
   * The gateway of a try surely did not take it up: it ends, and the next one begins in the same commit.
   * @returns null where that is not so sure, as its gateway was asked by somebody else too; where the payment was given up
   *   meanwhile; and where the try has gone on already
   */
  failOver(
    attemptId: string,
    error: { code: string; message: string },
    next: NewAttempt,
    now: Date,
  ): PaymentAttempt | null {
    const first = this.attempts.find(({ id }) => id === attemptId);
    const isOurs = first?.state === 'started' && first.repeatedAt === null && this.latestAttemptId === attemptId;
    if (!isOurs || this.status !== 'processing' || this.cancelReason !== null) return null;
    this.moveAttempt(first, 'failed', now);
    first.error = error;
    const { capture, challenge } = first;
    const begun = this.start(next, { capture, challenge, failoverOf: first.id }, now);
    const { gatewayId, provider } = first;
    this.record(
      new PaymentRerouted(this.id, {
        intentId: this.id,
        payable: this.payable,
        amount: this.amount,
        from: { attemptId, gatewayId, provider },
        to: { attemptId: begun.id, gatewayId: begun.gatewayId, provider: begun.provider },
        code: error.code,
      }),
    );
    return begun;
  }

  /** Somebody is about to ask the gateway for a try who does not know whether it was asked before. */
  repeat(attemptId: string, now: Date): PaymentAttempt | null {
    const attempt = this.attempts.find(({ id }) => id === attemptId);
    if (attempt?.state === 'started') attempt.repeatedAt ??= now;
    return attempt ?? null;
  }

  /**
   * Takes in what the gateway said about one try. An outcome that is already known, older than what is known, or
   * without news changes nothing.
   * @returns true when anything changed
   */
  settle(attemptId: string, outcome: GatewayOutcome, now: Date): boolean {
    const attempt = this.attempts.find(({ id }) => id === attemptId);
    if (!attempt) throw new Error('The attempt is not one of this intent.');
    // That this call was not taken up says nothing about another one that may have been.
    if (outcome.status === 'failed' && outcome.notAttempted && attempt.repeatedAt !== null)
      outcome = { status: 'unresolved', reason: outcome.code };
    const target = targetOf(attempt, outcome, now);
    if (!target || target === attempt.state || !canMoveAttempt(attempt.state, target)) return false;
    this.moveAttempt(attempt, target, now);
    if ('providerPaymentId' in outcome && outcome.providerPaymentId)
      attempt.providerPaymentId = outcome.providerPaymentId;
    attempt.actionUrl = outcome.status === 'requires_action' ? outcome.url : null;
    this.card = ('card' in outcome && outcome.card) || null;
    switch (outcome.status) {
      case 'charged':
        attempt.fee = outcome.fee ?? attempt.fee;
        this.take(attempt, outcome.captured, now);
        break;
      case 'authorized':
        this.reserve(attempt, outcome.authorized);
        break;
      case 'approved':
        this.follow(attempt, 'processing');
        break;
      case 'requires_action':
        this.follow(attempt, 'requires_action');
        if (this.status === 'requires_action') this.askShopper(attempt);
        break;
      case 'processing':
        this.follow(attempt, 'processing');
        break;
      case 'failed':
        this.giveUp(attempt, { code: outcome.code, message: outcome.message });
        break;
      case 'canceled':
        this.giveUp(attempt, { code: 'canceled', message: 'The payment was canceled at the gateway.' });
        break;
      case 'unknown':
        this.giveUp(attempt, {
          code: 'abandoned',
          message: 'The payment did not reach the gateway; nothing was charged.',
        });
        break;
      case 'unresolved':
        attempt.error = { code: 'unresolved', message: 'The gateway did not answer; the payment is being checked.' };
        break;
    }
    // It was given up while the gateway was being spoken to: what is merely authorised or asked for is undone now.
    const undone: IntentStatus[] = ['requires_action', 'requires_capture', 'requires_merchant_action'];
    if (this.cancelReason !== null && undone.includes(this.status)) this.void(this.cancelReason, now);
    return true;
  }

  /**
   * Begins to capture what is reserved, in part or in full: written before the gateway is asked.
   * @param amount minor units; null is all of it. What is not captured is let go.
   * @throws AppError conflict `payments.not-capturable`, `payments.payment-in-flight`, invalid `payments.capture-too-large`
   */
  startCapture(amount: number | null, now: Date): PaymentAttempt {
    const attempt = this.latestAttempt;
    const reserved = this.status === 'requires_capture' || this.status === 'requires_merchant_action';
    if (!attempt || !reserved || this.cancelReason !== null) throw notCapturable(this.status);
    if (this.screened && this.status === 'requires_merchant_action') throw underReview();
    if (attempt.state !== 'authorized') throw paymentInFlight();
    if (amount !== null && amount > attempt.authorized) throw captureTooLarge();
    this.moveAttempt(attempt, 'capture_started', now);
    attempt.captureAmount = amount ?? attempt.authorized;
    attempt.captureSince = now;
    return attempt;
  }

  /** The judgement that what is reserved waits for is good. @returns true when it is to be captured by itself now */
  clear(): boolean {
    if (!this.screened) return false;
    if (this.status !== 'requires_merchant_action' || this.cancelReason !== null) return false;
    this.screened = false;
    this.moveTo('requires_capture');
    return this.captureWhenCleared;
  }

  /** Gives the payment up; see `VoidIntentCommand` for the results. */
  void(reason: string, now: Date): 'none' | 'canceled' | 'pending' | 'refunding' {
    if (isClosed(this.status)) return 'none';
    const capturing = this.status === 'requires_capture' && this.latestAttempt?.state !== 'authorized';
    if (this.status === 'processing' || capturing) {
      this.cancelReason ??= reason;
      return 'pending';
    }
    this.cancelReason ??= reason;
    for (const attempt of this.attempts) {
      if (isInFlight(attempt.state)) {
        this.moveAttempt(attempt, 'voided', now);
        this.followUps.cancel.push(attempt.id);
      } else this.giveBack(attempt, reason);
    }
    if (
      this.status === 'succeeded' ||
      this.status === 'partially_captured' ||
      this.attempts.some(({ captured }) => captured > 0)
    )
      return 'refunding';
    this.moveTo('canceled');
    return 'canceled';
  }

  /** Says that nobody could learn what became of a try. */
  raiseUnresolved(attempt: PaymentAttempt): void {
    this.needsAttention(attempt, 'unresolved', 'The gateway has not answered through every retry.');
  }

  needsAttention(
    attempt: PaymentAttempt,
    problem: 'unresolved' | 'amount-conflict' | 'refund-failed',
    detail: string,
  ): void {
    this.record(
      new PaymentNeedsAttention(this.id, {
        intentId: this.id,
        attemptId: attempt.id,
        payable: this.payable,
        amount: this.amount,
        problem,
        detail,
      }),
    );
  }

  facts(): PaymentFacts {
    const latest = this.latestAttempt;
    return {
      id: this.id,
      payable: this.payable,
      status: this.status,
      amount: this.amount,
      error: this.error,
      nextAction:
        this.status === 'requires_action' && latest?.actionUrl ? { type: 'redirect', url: latest.actionUrl } : null,
      captured: { amount: latest?.captured ?? 0, currency: this.amount.currency },
      attemptId: latest?.id ?? null,
      attemptState: latest?.state ?? null,
    };
  }

  /** Money was taken: use it when the intent still wants it, else give it back. */
  private take(attempt: PaymentAttempt, captured: Money, now: Date): void {
    attempt.authorized = Math.max(attempt.authorized, captured.amount);
    attempt.captured = captured.amount;
    attempt.error = null;
    if (this.status === 'succeeded' || this.status === 'partially_captured' || isClosed(this.status)) {
      this.unused(attempt, captured, isClosed(this.status) ? 'late' : 'paid-twice');
      this.giveBack(attempt, this.cancelReason ?? PAID_TWICE);
      return;
    }
    const part =
      this.capture === 'manual' &&
      captured.currency === this.amount.currency &&
      captured.amount > 0 &&
      captured.amount < this.amount.amount;
    if (!part && !sameMoney(captured, this.amount)) {
      this.unused(attempt, captured, 'other-amount');
      this.conflict(attempt, captured);
      return;
    }
    for (const other of this.attempts) {
      if (other !== attempt && isInFlight(other.state)) this.followUps.cancel.push(other.id);
    }
    this.moveTo(part ? 'partially_captured' : 'succeeded');
    this.latestAttemptId = attempt.id;
    this.error = null;
    this.capturedAt = now;
    if (this.cancelReason !== null) {
      this.unused(attempt, captured, 'given-up');
      this.giveBack(attempt, this.cancelReason);
      return;
    }
    const said = {
      ...this.about(attempt),
      provider: attempt.provider,
      capturedAt: now.toISOString(),
      ...(this.card ? { card: this.card } : {}),
    };
    if (part) this.record(new PaymentPartlyCaptured(this.id, { ...said, amount: captured, authorized: this.amount }));
    else this.record(new PaymentCaptured(this.id, said));
  }

  /** What every event about money says of the try. */
  private about(attempt: PaymentAttempt) {
    return {
      intentId: this.id,
      attemptId: attempt.id,
      payable: this.payable,
      amount: this.amount,
      gatewayId: attempt.gatewayId,
      channel: this.channel,
      fee: attempt.fee,
    };
  }

  /** Who is not there must be called. */
  private askShopper({ id: attemptId, kept }: PaymentAttempt): void {
    if (attemptId !== this.latestAttemptId || !kept?.offSession || !kept.contact || this.cancelReason !== null) return;
    const { id: intentId, payable, amount } = this;
    this.record(new ShopperNeeded(intentId, { intentId, attemptId, payable, amount, email: kept.contact }));
  }

  /** Money is reserved; what another amount is reserved for is left to a person. */
  private reserve(attempt: PaymentAttempt, authorized: Money): void {
    const known = attempt.authorized > 0;
    attempt.authorized = authorized.amount;
    if (!sameMoney(authorized, this.amount)) {
      this.conflict(attempt, authorized);
      return;
    }
    this.follow(attempt, this.screened ? 'requires_merchant_action' : 'requires_capture');
    if (!known && this.cancelReason === null)
      this.record(
        new PaymentAuthorized(this.id, {
          ...this.about(attempt),
          provider: attempt.provider,
          ...(this.card ? { card: this.card } : {}),
        }),
      );
  }

  private unused(
    attempt: PaymentAttempt,
    captured: Money,
    why: 'late' | 'paid-twice' | 'given-up' | 'other-amount',
  ): void {
    this.record(
      new ChargeUnused(this.id, { ...this.about(attempt), amount: captured, provider: attempt.provider, why }),
    );
  }

  private giveUp(attempt: PaymentAttempt, error: { code: string; message: string }): void {
    attempt.error = error;
    const to = this.cancelReason === null ? 'requires_payment_method' : 'canceled';
    // Money that another try took, or a person's decision that is due, stands.
    if (attempt.id !== this.latestAttemptId || !canMoveIntent(this.status, to)) return;
    this.moveTo(to);
    if (to === 'canceled') return;
    this.error = error;
    this.record(
      new PaymentFailed(this.id, {
        intentId: this.id,
        attemptId: attempt.id,
        payable: this.payable,
        amount: this.amount,
        provider: attempt.provider,
        code: error.code,
        message: error.message,
      }),
    );
  }

  private conflict(attempt: PaymentAttempt, reported: Money): void {
    const detail = `The gateway reports ${reported.amount} ${reported.currency}, asked for were ${this.amount.amount} ${this.amount.currency}.`;
    attempt.error = { code: 'amount_conflict', message: detail };
    this.error = attempt.error;
    this.moveTo('conflicted');
    this.needsAttention(attempt, 'amount-conflict', detail);
  }

  /** The intent follows its latest try only; a superseded one has no say. */
  private follow(attempt: PaymentAttempt, status: IntentStatus): void {
    if (attempt.id === this.latestAttemptId && this.status !== status && canMoveIntent(this.status, status))
      this.moveTo(status);
  }

  private giveBack(attempt: PaymentAttempt, reason: string): void {
    const amount = leftOf(attempt);
    if (amount > 0) this.followUps.refund.push({ attemptId: attempt.id, amount, reason });
  }

  private moveTo(to: IntentStatus): void {
    if (this.status === to) return;
    if (!canMoveIntent(this.status, to)) throw illegalMove('payment', this.status, to);
    this.status = to;
  }

  private moveAttempt(attempt: PaymentAttempt, to: AttemptState, now: Date): void {
    if (!canMoveAttempt(attempt.state, to)) throw illegalMove('payment attempt', attempt.state, to);
    attempt.state = to;
    attempt.settledAt = isInFlight(to) ? null : now;
    if ((to === 'voided' || to === 'failed') && attempt.authorized > 0) {
      const amount = { amount: attempt.authorized, currency: this.amount.currency };
      this.record(new PaymentVoided(this.id, { ...this.about(attempt), amount, provider: attempt.provider }));
    }
  }
}

/** Minor units of a charge that may still go back. */
export const leftOf = ({ captured, refunded, refundPending, withheld }: PaymentAttempt): number =>
  captured - refunded - refundPending - withheld;

/** Tries, the charge that paid first; another one is of a payment that was made twice. */
export const payingFirst = ({ attempts, latestAttemptId }: PaymentIntent): PaymentAttempt[] =>
  [...attempts].sort((a, b) => Number(b.id === latestAttemptId) - Number(a.id === latestAttemptId));

const sameMoney = (a: Money, b: Money): boolean => a.amount === b.amount && a.currency === b.currency;

/** Seconds that a gateway gets to learn of an unanswered call before "never heard of it" counts as not charged. */
const SETTLING_SECONDS = 300;

/** The state that an outcome means for an attempt, or null when it carries no news. */
function targetOf(attempt: PaymentAttempt, outcome: GatewayOutcome, now: Date): AttemptState | null {
  switch (outcome.status) {
    case 'charged':
      return 'charged';
    case 'authorized':
      return 'authorized';
    case 'requires_action':
      return 'authentication_pending';
    case 'approved':
      return 'authenticated';
    case 'processing':
      return 'processing';
    case 'failed':
      return 'failed';
    case 'canceled':
      return 'voided';
    case 'unknown':
      if (attempt.providerPaymentId !== null) return null;
      if (attempt.state === 'started') return 'voided';
      // Its call timed out and may still be under way at the gateway.
      return attempt.state === 'unresolved' && now.getTime() - attempt.createdAt.getTime() >= SETTLING_SECONDS * 1000
        ? 'voided'
        : null;
    case 'unresolved':
      // A question without an answer is no news; an order without an answer is.
      return ['started', 'authenticated', 'capture_started'].includes(attempt.state) ? 'unresolved' : null;
  }
}
