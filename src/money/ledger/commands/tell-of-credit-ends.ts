import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { FindCustomersQuery } from '../../../commerce/customers/contracts/find-customers';
import { SendMessageCommand } from '../../../engagement/notifications/contracts/send-message';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CreditRepository } from '../data/credit.repository';

/** Credits of one transaction. */
const AT_ONCE = 100;
/** Before all ids. */
const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * Tells whose credit ends soon: one mail for each end. Credit without an address, or promised to orders as a whole, is looked
 * at again the next time.
 * @returns how many were told
 */
export class TellOfCreditEndsCommand extends Command<number> {}

@CommandHandler(TellOfCreditEndsCommand)
export class TellOfCreditEndsHandler implements ICommandHandler<TellOfCreditEndsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly credits: CreditRepository,
  ) {}

  async execute(): Promise<number> {
    let told = 0;
    for (let after: string | undefined = FIRST; after;) {
      const page = await this.uow.run(() => this.page(after!));
      told += page.told;
      after = page.last;
    }
    return told;
  }

  private async page(after: string): Promise<{ told: number; last?: string }> {
    const due = await this.credits.toTell(after, AT_ONCE);
    if (due.length === 0) return { told: 0 };
    const ids = [...new Set(due.flatMap(({ customerId }) => customerId ?? []))];
    const customers = ids.length > 0 ? await this.queries.execute(new FindCustomersQuery({ ids })) : [];
    const addressOf = new Map(customers.map(({ id, email }) => [id, email]));
    const told: string[] = [];
    for (const { id, kind, balance, held, currency, customerId, tail, expiresAt, recipient } of due) {
      const to = recipient ?? (customerId && addressOf.get(customerId));
      if (!to) continue;
      const end = expiresAt.toISOString();
      await this.commands.execute(
        new SendMessageCommand({
          to,
          template: 'credit-ends',
          data: { kind, amount: { amount: balance - held, currency }, expiresAt: end, ...(tail ? { tail } : {}) },
          dedupeKey: `credit-ends:${id}:${end}`,
        }),
      );
      told.push(id);
    }
    await this.credits.noteTold(told);
    return { told: told.length, last: due.length === AT_ONCE ? due.at(-1)!.id : undefined };
  }
}
