import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Keyring } from '../../../kernel/crypto/keyring';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Money } from '../../../kernel/money/money';
import { SendMessageCommand } from '../../../engagement/notifications/contracts/send-message';
import type { CreditOrigin } from '../contracts/credit-events';
import { CreditRepository, type CreditRow } from '../data/credit.repository';
import { newCode, tailOf } from '../domain/gift-card-code';
import { CreditDue } from '../reactions/credit-due';

/** Purpose of the key under which codes are hashed. */
export const CODES_OF_CARDS = 'gift card codes';

/** A gift card to be made. */
export interface CardToIssue {
  amount: Money;
  origin: CreditOrigin;
  /** Who gets the code by mail; null: whoever asked shows it. */
  recipient: string | null;
  /** A word to the recipient, and why it was given. */
  message?: string | null;
  note?: string | null;
  customerId?: string | null;
  orderId?: string | null;
  /** The line of that order which sold it. */
  lineId?: string | null;
  /** Default: the shop's rule. */
  expiresAt?: Date;
}

/** Where credit is made and put back, within the caller's transaction. */
@Injectable()
export class CreditDesk {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly keyring: Keyring,
    private readonly commands: CommandBus,
    private readonly credits: CreditRepository,
  ) {}

  /** @returns the new card, and its code, of which only a hash under the installation's key is stored */
  async issue(card: CardToIssue): Promise<{ id: string; code: string }> {
    const {
      amount,
      origin,
      recipient,
      message = null,
      note = null,
      customerId = null,
      orderId = null,
      lineId = null,
    } = card;
    const id = newId();
    const code = newCode();
    const codeHash = this.keyring.hmac(CODES_OF_CARDS, code.replaceAll('-', ''));
    const expiresAt = card.expiresAt ?? (await this.usualEnd());
    const made = { id, kind: 'gift_card' as const, origin, currency: amount.currency, customerId, expiresAt };
    const tail = tailOf(code);
    await this.credits.insert({ ...made, tail, codeHash, recipient, note, orderId, lineId });
    await this.credits.move({ ...made, tail, balance: 0, held: 0, state: 'active' }, 'issued', amount.amount, {
      orderId,
      lineId,
      note,
    });
    if (expiresAt) this.watch(id, expiresAt);
    if (recipient)
      await this.commands.execute(
        new SendMessageCommand({
          to: recipient,
          template: 'gift-card',
          data: {
            code,
            amount,
            ...(message ? { message } : {}),
            ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}),
          },
          dedupeKey: `gift-card:${id}`,
        }),
      );
    return { id, code };
  }

  /** The customer's store credit, locked, made where there is none in the currency; one whose time is over ends. */
  async storeCredit(customerId: string, currency: string, origin: CreditOrigin): Promise<CreditRow> {
    const empty = {
      tail: null,
      expiresAt: null,
      codeHash: null,
      recipient: null,
      note: null,
      orderId: null,
      lineId: null,
    };
    for (;;) {
      const known = await this.credits.lockStoreCredit(customerId, currency);
      if (known && !this.isOver(known)) return known;
      if (known) await this.credits.end(known, 'expired');
      const credit = { ...empty, id: newId(), kind: 'store_credit' as const, origin, currency, customerId };
      // Where somebody else made it meanwhile, that one is it.
      if (await this.credits.insert(credit)) return { ...credit, balance: 0, held: 0, state: 'active' };
    }
  }

  /** What two customers have is one's: one store credit a currency, with the promises to orders and the later end of both. */
  async merge(from: string, to: string): Promise<void> {
    const kept = new Map<string, CreditRow>();
    const others: CreditRow[] = [];
    for (const credit of await this.credits.lockStoreCredits([from, to])) {
      if (this.isOver(credit)) await this.credits.end(credit, 'expired');
      else if (credit.customerId === to) kept.set(credit.currency, credit);
      else others.push(credit);
    }
    for (const credit of others) {
      const into = kept.get(credit.currency);
      if (into) await this.credits.fold(credit, into);
    }
    await this.credits.moveCustomer(from, to);
  }

  private isOver({ expiresAt }: CreditRow): boolean {
    return expiresAt !== null && expiresAt <= this.clock.now();
  }

  /** As `move` of the repository; store credit lives on by the rule of the shop. */
  async move(...given: Parameters<CreditRepository['move']>): Promise<void> {
    const [credit] = given;
    const before = credit.expiresAt;
    await this.credits.move(...given);
    const { id, expiresAt } = credit;
    // An end that moved further away is met by the timer that waits for the nearer one.
    if (expiresAt && (before === null || expiresAt < before)) this.watch(id, expiresAt);
  }

  private watch(creditId: string, expiresAt: Date): void {
    this.uow.current().timer(CreditDue, { creditId }, expiresAt);
  }

  private async usualEnd(): Promise<Date | null> {
    const { validDays: days } = await this.credits.rules();
    return days === null ? null : new Date(this.clock.nowMs() + days * 86_400_000);
  }
}
