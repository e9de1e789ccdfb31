import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { HoldStockCommand, type WaitingLine } from '../contracts/hold-stock';
import { outOfStock } from '../domain/inventory.errors';
import { ReleaseLapsedHold } from '../reactions/release-lapsed-hold';
import { HoldSuccession } from './hold-succession';
import { StockDesk } from './stock-desk';

/** Holds stock until a time, all lines or none. */
@CommandHandler(HoldStockCommand)
export class HoldStockHandler implements ICommandHandler<HoldStockCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly desk: StockDesk,
    private readonly succession: HoldSuccession,
  ) {}

  execute({ request }: HoldStockCommand): Promise<{ holdId: string; waiting: WaitingLine[] }> {
    const { reference, lines, expiresAt, needBy = null, takesOver } = request;
    const terms = { state: 'active', expiresAt, needBy } as const;
    return this.uow.run(async (tx) => {
      const held = takesOver
        ? await this.succession.hold(reference, [takesOver], lines, terms)
        : await this.desk.hold(reference, lines, terms);
      if (held.short) throw outOfStock(held.short);
      const { holdId, waiting } = held;
      tx.timer(ReleaseLapsedHold, { holdId, expiresAt: expiresAt.toISOString() }, expiresAt);
      return { holdId, waiting };
    });
  }
}
