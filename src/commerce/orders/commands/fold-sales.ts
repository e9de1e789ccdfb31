import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SalesRollups } from '../data/sales-rollups';

/** Adds up the sales of the days that went by, and of those whose orders changed since. May run at any time, and twice. */
export class FoldSalesCommand extends Command<{ days: number }> {}

@CommandHandler(FoldSalesCommand)
export class FoldSalesHandler implements ICommandHandler<FoldSalesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly rollups: SalesRollups,
  ) {}

  /** Some days a transaction: a shop of many years keeps none open for long. */
  async execute(): Promise<{ days: number }> {
    await this.uow.run(() => this.rollups.advance());
    let days = 0;
    for (;;) {
      const folded = await this.uow.run(() => this.rollups.foldSome());
      if (folded === 0) return { days };
      days += folded;
    }
  }
}
