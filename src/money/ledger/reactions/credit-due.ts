import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { FindCustomersQuery } from '../../../commerce/customers/contracts/find-customers';
import { SendMessageCommand } from '../../../engagement/notifications/contracts/send-message';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { CreditRepository, type CreditRow } from '../data/credit.repository';

const DAY_MS = 86_400_000;

/**
 * The time of a gift card or store credit is over: what is left of it is lost, what an order has of it stays the order's.
 * One whose end was moved since is waited for on.
 */
@Timer({ name: 'ledger.gift-card-due' })
export class CreditDue implements Fires<{ creditId: string }> {
  constructor(
    private readonly clock: Clock,
    private readonly credits: CreditRepository,
  ) {}

  async fire({ creditId }: { creditId: string }, tx: Transaction): Promise<void> {
    const [credit] = await this.credits.lock([creditId]);
    if (credit?.state !== 'active' || credit.expiresAt === null) return;
    if (credit.expiresAt > this.clock.now()) tx.timer(CreditDue, { creditId }, credit.expiresAt);
    else await this.credits.end(credit, 'expired');
  }
}

/** Tells whose it is that credit ends soon: once for each end, the days before it that the shop wants. */
@Timer({ name: 'ledger.remind-of-credit' })
export class RemindOfCredit implements Fires<{ creditId: string }> {
  constructor(
    private readonly clock: Clock,
    private readonly credits: CreditRepository,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async fire({ creditId }: { creditId: string }, tx: Transaction): Promise<void> {
    const [credit] = await this.credits.lock([creditId]);
    const now = this.clock.now();
    if (credit?.state !== 'active' || credit.expiresAt === null || credit.expiresAt <= now) return;
    const { days, recipient, changedAt } = await this.credits.notice(credit);
    const end = credit.expiresAt.getTime();
    // Nobody is told of the end of what they just got.
    const notice = Math.min((days ?? 0) * DAY_MS, (end - changedAt.getTime()) / 2);
    const at = new Date(end - notice);
    const isTime = at <= now;
    if (isTime && days !== null && credit.balance > credit.held) await this.tell(credit, credit.expiresAt, recipient);
    // Its end may be moved until it is there.
    tx.timer(RemindOfCredit, { creditId }, isTime ? credit.expiresAt : at);
  }

  private async tell(credit: CreditRow, expiresAt: Date, recipient: string | null): Promise<void> {
    const { id, kind, balance, held, currency, customerId, tail } = credit;
    const [customer] = customerId ? await this.queries.execute(new FindCustomersQuery({ ids: [customerId] })) : [];
    const to = recipient ?? customer?.email;
    if (!to) return;
    const amount = { amount: balance - held, currency };
    await this.commands.execute(
      new SendMessageCommand({
        to,
        template: 'credit-ends',
        data: { kind, amount, expiresAt: expiresAt.toISOString(), ...(tail ? { tail } : {}) },
        dedupeKey: `credit-ends:${id}:${expiresAt.toISOString()}`,
      }),
    );
  }
}
