import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { StockFollowRepository } from '../data/stock-follow.repository';
import { FollowAllStock } from '../jobs/follow-all-stock';

/** Has a worker ask what can be had of products that lists know nothing of yet, where nobody asked within the hour. */
export class AskToFollowStockCommand extends Command<void> {}

@CommandHandler(AskToFollowStockCommand)
export class AskToFollowStockHandler implements ICommandHandler<AskToFollowStockCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly follows: StockFollowRepository,
  ) {}

  execute(): Promise<void> {
    return this.uow.run(async (tx) => {
      if (await this.follows.askedNow(tx)) tx.job(FollowAllStock, {});
    });
  }
}
