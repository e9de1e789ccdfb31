import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { HoldStockCommand } from '../contracts/hold-stock';
import { outOfStock } from '../domain/inventory.errors';
import { ReleaseLapsedHold } from '../reactions/release-lapsed-hold';
import { StockDesk } from './stock-desk';

/** Holds stock until a time, all lines or none. */
@CommandHandler(HoldStockCommand)
export class HoldStockHandler implements ICommandHandler<HoldStockCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly desk: StockDesk,
  ) {}

  execute({ request }: HoldStockCommand): Promise<{ holdId: string }> {
    const { reference, lines, expiresAt, needBy = null } = request;
    return this.uow.run(async (tx) => {
      const { holdId, short } = await this.desk.hold(reference, lines, { state: 'active', expiresAt, needBy });
      if (short) throw outOfStock(short);
      tx.timer(ReleaseLapsedHold, { holdId }, expiresAt);
      return { holdId };
    });
  }
}
