import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FunnelRollups } from '../data/funnel-rollups';
import { SalesRollups } from '../data/sales-rollups';

/**
 * Adds up the sales that changed since, and the carts that are old enough to be forgotten. May run at any time, and twice: who
 * comes while somebody else does leaves it to them, and the marks of what they leave to the next.
 * @returns of how many days sales changed
 */
export class FoldSalesCommand extends Command<{ days: number }> {}

@CommandHandler(FoldSalesCommand)
export class FoldSalesHandler implements ICommandHandler<FoldSalesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly rollups: SalesRollups,
    private readonly funnel: FunnelRollups,
  ) {}

  /** Some days a transaction: a shop of many years keeps none open for long. */
  async execute(): Promise<{ days: number }> {
    const last = await this.uow.run(() => this.rollups.advance());
    if (last === null) return { days: 0 };
    await this.uow.run(() => this.rollups.roll());
    const days = await this.foldAll(() => this.rollups.foldSome(last));
    if (await this.uow.run(() => this.funnel.advance())) await this.foldAll(() => this.funnel.foldSome());
    return { days };
  }

  private async foldAll(foldSome: () => Promise<number>): Promise<number> {
    let days = 0;
    for (;;) {
      const folded = await this.uow.run(foldSome);
      if (folded === 0) return days;
      days += folded;
    }
  }
}
