import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { StockFollowRepository } from '../data/stock-follow.repository';
import { StockFollower } from './stock-follower';

/** SKUs that are asked for in one transaction. */
const BITE = 500;

/**
 * Asks inventory about the SKUs whose stock lists do not know, from before they followed it; in bites, on from where the
 * last run stopped. May run at any time, and twice.
 */
export class FollowAllStockCommand extends Command<{ skus: number }> {}

@CommandHandler(FollowAllStockCommand)
export class FollowAllStockHandler implements ICommandHandler<FollowAllStockCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly follows: StockFollowRepository,
    private readonly follower: StockFollower,
  ) {}

  async execute(): Promise<{ skus: number }> {
    for (let skus = 0; ;) {
      const bite = await this.uow.run(async (tx) => {
        const next = await this.follows.next(tx, BITE);
        await this.follower.follow(tx, next);
        return next.length;
      });
      if (bite === 0) return { skus };
      skus += bite;
    }
  }
}
