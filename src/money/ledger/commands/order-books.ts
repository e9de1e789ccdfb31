import { Injectable } from '@nestjs/common';
import { money, type Money } from '../../../kernel/money/money';
import { JournalRepository } from '../data/journal.repository';
import { SaleRepository } from '../data/sale.repository';
import { CODES } from '../domain/chart';
import { credit, debit, type JournalDraft, type Line } from '../domain/journal-draft';
import {
  giveBack,
  learn,
  linesBetween,
  newSale,
  positionOf,
  raise,
  takeAgain,
  type Sale,
  type SaleFacts,
  type ToldRefund,
} from '../domain/sale';
import { Bookkeeper } from './bookkeeper';

/** What an event says of itself. */
export interface Occasion {
  /** Id of the event: the key under which its journal is posted once. */
  eventId: string;
  at: Date;
  purpose: string;
  description: string;
  /** Default: the event. */
  source?: { type: string; id: string };
}

/** A charge as payments tell it. */
export interface Charge {
  intentId: string;
  attemptId: string;
  payable: { type: string; id: string };
  amount: Money;
  provider: string;
  fee?: Money | null;
}

/**
 * The books of orders (and of whatever else is paid for): brings each event to the order's state and posts what its
 * balances changed by. The state's row is locked meanwhile, so that events of one order are booked one after another.
 */
@Injectable()
export class OrderBooks {
  constructor(
    private readonly bookkeeper: Bookkeeper,
    private readonly journals: JournalRepository,
    private readonly sales: SaleRepository,
  ) {}

  /** Money was reserved: pending, until it is captured or let go. */
  async authorized(occasion: Occasion, charge: Charge): Promise<void> {
    const { settled } = await this.payment(charge);
    if (!settled) await this.reserve(occasion, charge);
  }

  /** What was reserved is let go. */
  async released(occasion: Occasion, charge: Charge): Promise<void> {
    const { pending, settled } = await this.payment(charge);
    if (settled) return;
    // Told before the reservation was: both are posted now, and the reservation finds that it is settled.
    const id = pending?.id ?? (await this.reserve({ ...occasion, purpose: 'payment-authorized' }, charge));
    await this.bookkeeper.resolve(id, 'void', {
      ...draftOf(occasion, charge),
      idempotencyKey: `${RELEASED}:${charge.attemptId}`,
    });
  }

  /** Money came in; `unused` pays for nothing and will go back. */
  async charged(occasion: Occasion, charge: Charge, unused = false): Promise<void> {
    const { amount, attemptId, provider, fee } = charge;
    const { pending } = await this.payment(charge);
    const lines = await this.move(occasion, charge.payable.id, amount, amount, (sale) =>
      raise(unused ? sale.unused : sale.captured, attemptId, amount.amount),
    );
    if (!lines) return;
    const all = [...debit(CODES.clearing, amount, { provider }), ...lines];
    const draft = { ...draftOf(occasion, charge), idempotencyKey: `${CHARGED}:${attemptId}:${occasion.eventId}` };
    const fits = all.length === 2 && lines[0].account === CODES.deposits && pending && pending.held >= amount.amount;
    if (pending && fits) await this.bookkeeper.resolve(pending.id, 'post', { ...draft, lines: all });
    else {
      // A part of it pays for what left already, which is another account than was reserved.
      if (pending)
        await this.bookkeeper.resolve(pending.id, 'void', { ...draft, idempotencyKey: `${RELEASED}:${attemptId}` });
      await this.bookkeeper.post({ ...draft, kind: 'posted', lines: all });
    }
    if (!fee || fee.amount <= 0) return;
    await this.bookkeeper.post({
      ...draftOf({ ...occasion, purpose: 'payment-fee', description: 'Fee of the payment provider' }, charge),
      idempotencyKey: `${occasion.eventId}:fee`,
      kind: 'posted',
      lines: [...debit(CODES.paymentFees, fee, { provider }), ...credit(CODES.clearing, fee, { provider })],
    });
  }

  /** Money went back. */
  async refunded(
    occasion: Occasion,
    refund: Omit<Charge, 'fee' | 'provider'> & ToldRefund & { provider?: string },
  ): Promise<void> {
    const { payable, amount, provider } = refund;
    const out = money(-amount.amount, amount.currency);
    const lines = await this.move(occasion, payable.id, amount, out, (sale) => giveBack(sale, refund));
    if (!lines) return;
    const dimensions = provider ? { provider } : undefined;
    await this.bookkeeper.post({
      ...draftOf(occasion, refund),
      kind: 'posted',
      lines: [...lines, ...credit(CODES.clearing, amount, dimensions)],
    });
  }

  /** Money that went back came back: what the refund did to the order's books is undone. */
  async refundReversed(
    occasion: Occasion,
    refund: Omit<Charge, 'fee' | 'provider'> & ToldRefund & { provider?: string },
  ): Promise<void> {
    const { payable, amount, provider } = refund;
    const lines = await this.move(occasion, payable.id, amount, amount, (sale) => takeAgain(sale, refund));
    if (!lines) return;
    const dimensions = provider ? { provider } : undefined;
    await this.bookkeeper.post({
      ...draftOf(occasion, refund),
      kind: 'posted',
      lines: [...debit(CODES.clearing, amount, dimensions), ...lines],
    });
  }

  /** An order was paid, or is paid back, with a gift card or store credit: with money that the shop owed, or owes. */
  async credit(
    occasion: Occasion,
    paid: { orderId: string; creditId: string; liability: string; amount: Money; back: boolean },
  ): Promise<void> {
    const { orderId, creditId, liability, amount, back } = paid;
    const attemptId = `credit:${creditId}`;
    const moved = money(back ? -amount.amount : amount.amount, amount.currency);
    const lines = await this.move(occasion, orderId, amount, moved, (sale) =>
      back ? giveBack(sale, { attemptId, amount }) : raise(sale.captured, attemptId, amount.amount),
    );
    if (!lines) return;
    await this.bookkeeper.post({
      ...draftOf(occasion, { payable: { type: 'order', id: orderId } }),
      kind: 'posted',
      lines: [...lines, ...(back ? credit(liability, amount) : debit(liability, amount))],
    });
  }

  /** A line of an order made gift cards, or, with a negative amount, they are no more. */
  async cards(occasion: Occasion, sold: { orderId: string; lineId: string; amount: Money }): Promise<void> {
    const { orderId, lineId, amount } = sold;
    const lines = await this.move(occasion, orderId, amount, null, (sale) =>
      raise((sale.cards ??= {}), lineId, amount.amount),
    );
    if (!lines || lines.length === 0) return;
    const about = { payable: { type: 'order', id: orderId } };
    await this.bookkeeper.post({ ...draftOf(occasion, about), kind: 'posted', lines });
  }

  /**
   * Something happened to the order. `cash` are the lines of money that came with it, where the change says so.
   * @returns false when its books stay as they were
   */
  async order(
    occasion: Occasion,
    facts: SaleFacts,
    change: (sale: Sale) => void,
    cash: readonly Line[] = [],
  ): Promise<boolean> {
    const lines = await this.move(occasion, facts.orderId, facts.total, null, (sale) => {
      learn(sale, facts);
      change(sale);
    });
    if (!lines || lines.length === 0) return false;
    const about = { payable: { type: 'order', id: facts.orderId } };
    return (await this.bookkeeper.post({ ...draftOf(occasion, about), kind: 'posted', lines: [...cash, ...lines] }))
      .created;
  }

  private async reserve(occasion: Occasion, charge: Charge): Promise<string> {
    const { amount, provider, attemptId } = charge;
    const { id } = await this.bookkeeper.post({
      ...draftOf(occasion, charge),
      idempotencyKey: `${AUTHORIZED}:${attemptId}`,
      kind: 'pending',
      lines: [...debit(CODES.clearing, amount, { provider }), ...credit(CODES.deposits, amount)],
    });
    return id;
  }

  /** What was booked for an attempt already; its order is locked before it is asked. */
  private async payment({ payable, amount, intentId, attemptId }: Charge): Promise<{
    pending: { id: string; held: number } | null;
    settled: boolean;
  }> {
    await this.sales.lock(payable.id, amount.currency);
    const journals = await this.journals.ofPayment(intentId);
    const pending = journals.find(({ key }) => key === `${AUTHORIZED}:${attemptId}`);
    const settled = journals.some(
      ({ key }) => key === `${RELEASED}:${attemptId}` || key.startsWith(`${CHARGED}:${attemptId}:`),
    );
    return { pending: pending && !pending.resolved ? pending : null, settled };
  }

  /**
   * Changes the state of an order. `cash` is what came in.
   * @returns by what the balances changed; null when the event was brought to the state before
   */
  private async move(
    { eventId }: Occasion,
    id: string,
    { currency }: Money,
    cash: Money | null,
    change: (sale: Sale) => void,
  ): Promise<Line[] | null> {
    const sale = await this.sales.lock(id, currency);
    if (sale.seen.includes(eventId)) return null;
    if (currency !== sale.currency) {
      // Charged in another currency than the order's: a deposit of its own, beside the order's books.
      if (cash) return credit(CODES.deposits, cash);
      Object.assign(sale, newSale(currency));
    }
    const before = positionOf(sale);
    change(sale);
    sale.seen.push(eventId);
    this.sales.save(id, sale);
    return linesBetween(before, positionOf(sale));
  }
}

const AUTHORIZED = 'payment-authorized';
const RELEASED = 'payment-released';
const CHARGED = 'payment-charged';

const draftOf = (
  { eventId, at, purpose, description, source }: Occasion,
  { payable, intentId }: Pick<Charge, 'payable'> & { intentId?: string },
): Omit<JournalDraft, 'kind' | 'lines'> => ({
  purpose,
  description,
  source: source ?? { type: 'event', id: eventId },
  document: payable,
  paymentId: intentId,
  idempotencyKey: eventId,
  effectiveAt: at,
});
