import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext, runInContext } from '../../../kernel/context/request-context';
import { Keyring } from '../../../kernel/crypto/keyring';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { addressKey } from '../../../kernel/http/rate-limits';
import { newId } from '../../../kernel/ids/ids';
import {
  CreditOrderCommand,
  HoldCreditCommand,
  PresentGiftCardsCommand,
  RedeemCreditCommand,
  RefundCreditCommand,
  ReleaseCreditCommand,
  type GiftCardFacts,
} from '../contracts/credit';
import { CreditRepository } from '../data/credit.repository';
import { creditSpent, giftCardUnknown, tooManyCodes } from '../domain/credit.errors';
import { canonicalCode } from '../domain/gift-card-code';
import { CODES_OF_CARDS, CreditDesk } from './credit-desk';
import { CreditSpending } from './credit-spending';

/** Codes that are none which somebody may present within an hour. */
const MOST_WRONG = 20;

@CommandHandler(PresentGiftCardsCommand)
export class PresentGiftCardsHandler implements ICommandHandler<PresentGiftCardsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly keyring: Keyring,
    private readonly credits: CreditRepository,
  ) {}

  async execute({ request: { codes } }: PresentGiftCardsCommand): Promise<GiftCardFacts[]> {
    const wanted = [...new Set(codes.map(canonicalCode))];
    // A slip of the finger is told by the letter that checks, and counts for nothing.
    if (wanted.includes(null)) throw giftCardUnknown();
    const { principal, ip } = currentContext();
    const key = this.keyring.hmac('tries of gift card codes', principal.userId ?? (ip ? addressKey(ip) : 'unknown'));
    // A commit of its own, whose result answers nobody: what is refused is counted.
    const found = await runInContext({ idempotency: undefined }, () =>
      this.uow.run(async () => {
        const { wrong, seconds } = await this.credits.wrongCodes(key);
        if (wrong >= MOST_WRONG) return seconds;
        const hashes = wanted.flatMap((code) => this.keyring.hmacs(CODES_OF_CARDS, code!));
        const cards = await this.credits.byCodes(hashes);
        if (cards.length < wanted.length) await this.credits.countWrongCode(key);
        return cards;
      }),
    );
    if (typeof found === 'number') throw tooManyCodes(found);
    if (found.length < wanted.length) throw giftCardUnknown();
    return found.map(({ id, tail, balance, held, currency, state, expiresAt }) => ({
      id,
      tail: tail!,
      available: { amount: state === 'active' ? balance - held : 0, currency },
      expiresAt: expiresAt?.toISOString() ?? null,
    }));
  }
}

@CommandHandler(HoldCreditCommand)
export class HoldCreditHandler implements ICommandHandler<HoldCreditCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly credits: CreditRepository,
  ) {}

  execute({ request: { reference, parts } }: HoldCreditCommand): Promise<void> {
    return this.uow.run(async () => {
      if (!(await this.credits.hold(reference.id, parts))) throw creditSpent();
    });
  }
}

@CommandHandler(RedeemCreditCommand)
export class RedeemCreditHandler implements ICommandHandler<RedeemCreditCommand> {
  constructor(private readonly spending: CreditSpending) {}

  execute({ request: { reference, amount } }: RedeemCreditCommand): Promise<void> {
    return this.spending.end(reference.id, amount);
  }
}

@CommandHandler(ReleaseCreditCommand)
export class ReleaseCreditHandler implements ICommandHandler<ReleaseCreditCommand> {
  constructor(private readonly spending: CreditSpending) {}

  execute({ request: { reference } }: ReleaseCreditCommand): Promise<void> {
    return this.spending.end(reference.id, 0);
  }
}

@CommandHandler(RefundCreditCommand)
export class RefundCreditHandler implements ICommandHandler<RefundCreditCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly credits: CreditRepository,
    private readonly desk: CreditDesk,
  ) {}

  execute({ request: { reference, amount, customerId } }: RefundCreditCommand): Promise<{ refundId: string }> {
    return this.uow.run(async () => {
      const orderId = reference.id;
      const holds = (await this.credits.holds(orderId, 'redeemed')).reverse();
      const locked = await this.credits.lock(holds.map(({ creditId }) => creditId));
      const credits = new Map(locked.map((credit) => [credit.id, credit]));
      let left = amount;
      for (const hold of holds) {
        const part = Math.min(left, hold.amount - hold.refunded);
        if (part <= 0) continue;
        const spent = credits.get(hold.creditId)!;
        const isOver = spent.state !== 'active' || (spent.expiresAt !== null && spent.expiresAt <= this.clock.now());
        const dead = isOver && customerId !== null;
        const onto = dead ? await this.desk.storeCredit(customerId, spent.currency, 'refund') : spent;
        await this.credits.noteRefunded(hold, part);
        await this.desk.move(onto, 'refunded', part, { orderId });
        left -= part;
      }
      if (left > 0) throw new Error('More credit goes back than the order had.');
      return { refundId: newId() };
    });
  }
}

@CommandHandler(CreditOrderCommand)
export class CreditOrderHandler implements ICommandHandler<CreditOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly desk: CreditDesk,
  ) {}

  execute({ request: { reference, amount, customerId } }: CreditOrderCommand): Promise<{ refundId: string }> {
    return this.uow.run(async () => {
      const credit = await this.desk.storeCredit(customerId, amount.currency, 'refund');
      await this.desk.move(credit, 'refunded', amount.amount, { orderId: reference.id });
      return { refundId: newId() };
    });
  }
}

/** What presents, promises, spends and puts back credit. */
export const SPENDING_HANDLERS = [
  PresentGiftCardsHandler,
  HoldCreditHandler,
  RedeemCreditHandler,
  ReleaseCreditHandler,
  RefundCreditHandler,
  CreditOrderHandler,
];
