import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FunnelRollups } from '../data/funnel-rollups';
import { SalesRollups } from '../data/sales-rollups';
import { FoldSales } from '../jobs/fold-sales';

/** Has a worker add sales up where nobody asked a moment ago. */
export class AskToFoldSalesCommand extends Command<void> {}

@CommandHandler(AskToFoldSalesCommand)
export class AskToFoldSalesHandler implements ICommandHandler<AskToFoldSalesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly rollups: SalesRollups,
  ) {}

  execute(): Promise<void> {
    return this.uow.run(async (tx) => {
      if (await this.rollups.askedNow()) tx.job(FoldSales, {});
    });
  }
}

/** Throws all sums of sales and carts away and has them made anew; reports stay right meanwhile, and are slower. */
export class RecountSalesCommand extends Command<void> {}

@CommandHandler(RecountSalesCommand)
export class RecountSalesHandler implements ICommandHandler<RecountSalesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly rollups: SalesRollups,
    private readonly funnel: FunnelRollups,
  ) {}

  execute(): Promise<void> {
    return this.uow.run(async (tx) => {
      await this.rollups.forget();
      await this.funnel.forget();
      tx.job(FoldSales, {});
    });
  }
}
