import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { HoldStockCommand, type WaitingLine } from '../contracts/hold-stock';
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

  execute({ request }: HoldStockCommand): Promise<{ holdId: string; waiting: WaitingLine[] }> {
    const { reference, lines, expiresAt, needBy = null } = request;
    return this.uow.run(async (tx) => {
      const held = await this.desk.hold(reference, lines, { state: 'active', expiresAt, needBy });
      if (held.short) throw outOfStock(held.short);
      const { holdId, waiting } = held;
      tx.timer(ReleaseLapsedHold, { holdId }, expiresAt);
      return { holdId, waiting };
    });
  }
}
