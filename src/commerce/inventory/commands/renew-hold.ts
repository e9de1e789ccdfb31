import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RenewHoldCommand } from '../contracts/hold-stock';
import { ReservationRepository } from '../data/reservation.repository';
import { noHold, outOfStock } from '../domain/inventory.errors';
import { ReleaseLapsedHold } from '../reactions/release-lapsed-hold';
import { HoldCloser } from './hold-closer';
import { StockDesk } from './stock-desk';

/** Holds again what a reference held before, if it does not hold it any more. */
@CommandHandler(RenewHoldCommand)
export class RenewHoldHandler implements ICommandHandler<RenewHoldCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly reservations: ReservationRepository,
    private readonly closer: HoldCloser,
    private readonly desk: StockDesk,
  ) {}

  execute({ request: { reference, expiresAt } }: RenewHoldCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const hold = await this.reservations.lockLatest(reference);
      if (!hold) throw noHold();
      if (hold.state === 'committed' || hold.state === 'fulfilled') return;
      if (hold.state === 'active') {
        if (hold.expiresAt > this.clock.now()) return;
        await this.closer.close(hold, 'expired', 'lapsed');
      }
      const lines = await this.reservations.lines(hold.id);
      const { holdId, short } = await this.desk.hold(reference, lines, {
        state: 'active',
        expiresAt,
        needBy: hold.needBy,
      });
      if (short) throw outOfStock(short);
      tx.timer(ReleaseLapsedHold, { holdId }, expiresAt);
    });
  }
}
