import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FulfilHoldCommand } from '../contracts/hold-stock';
import { JournalRepository } from '../data/journal.repository';
import { ReservationRepository } from '../data/reservation.repository';
import { StockRepository } from '../data/stock.repository';
import { notCommitted } from '../domain/inventory.errors';
import { availableOf } from '../domain/stock.policy';
import { StockDesk } from './stock-desk';

/** The goods of a committed hold leave: on-hand and reserved fall together, so what is available stays the same. */
@CommandHandler(FulfilHoldCommand)
export class FulfilHoldHandler implements ICommandHandler<FulfilHoldCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly reservations: ReservationRepository,
    private readonly stock: StockRepository,
    private readonly journal: JournalRepository,
    private readonly desk: StockDesk,
  ) {}

  execute({ request }: FulfilHoldCommand): Promise<void> {
    const { reference } = request;
    return this.uow.run(async () => {
      const hold = await this.reservations.lockLatest(reference);
      if (hold?.state === 'fulfilled') return;
      if (hold?.state !== 'committed') throw notCommitted();
      const lines = new Map((await this.reservations.openLines(hold.id)).map((line) => [line.levelId, line.quantity]));
      const levels = await this.stock.ship(hold.id);
      await this.journal.write(
        levels.map((level) => ({
          level,
          quantity: -lines.get(level.id)!,
          kind: 'shipment' as const,
          document: reference,
          reason: 'shipped',
          idempotencyKey: `shipment:${hold.id}:${level.id}`,
        })),
      );
      await this.desk.tell(
        'shipment',
        hold.id,
        levels.map((level) => ({ level, before: availableOf(level) })),
      );
    });
  }
}
