import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { zero } from '../../../kernel/money/money';
import { AccountRepository } from '../data/account.repository';
import type { AccountType } from '../domain/chart';
import type { Side } from '../domain/journal-draft';
import { accountExists } from '../domain/ledger.errors';
import type { AccountFacts } from '../queries/account-view';

/** Opens a further account. It is never changed afterwards. @throws AppError conflict `ledger.account-exists` */
export class OpenAccountCommand extends Command<AccountFacts> {
  constructor(
    readonly account: {
      code: string;
      currency: string;
      name: string;
      type: AccountType;
      /** Default: debit for assets and expenses, else credit. */
      normalSide?: Side;
      /** Default true. */
      mayGoNegative?: boolean;
    },
  ) {
    super();
  }
}

@CommandHandler(OpenAccountCommand)
export class OpenAccountHandler implements ICommandHandler<OpenAccountCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
  ) {}

  execute({ account }: OpenAccountCommand): Promise<AccountFacts> {
    return this.uow.run(async () => {
      const { code, currency, name, type, mayGoNegative = true } = account;
      const normalSide = account.normalSide ?? (type === 'asset' || type === 'expense' ? 'debit' : 'credit');
      // A code of the standard chart is taken, whether its currency was used yet or not.
      await this.accounts.openStandard([currency]);
      const row = { id: newId(), code, currency, name, type, normalSide, mayGoNegative, standard: false };
      if (!(await this.accounts.open(row))) throw accountExists(code, currency);
      const nothing = zero(currency);
      return {
        ...row,
        debits: nothing,
        credits: nothing,
        balance: nothing,
        pending: { debits: nothing, credits: nothing },
      };
    });
  }
}
