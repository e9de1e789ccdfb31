import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ReleaseHoldCommand } from '../contracts/hold-stock';
import { ReservationRepository } from '../data/reservation.repository';
import { canMoveReservation } from '../domain/reservation';
import { HoldCloser } from './hold-closer';

/** Gives the stock of an open hold back, or exactly the pieces that are named. */
@CommandHandler(ReleaseHoldCommand)
export class ReleaseHoldHandler implements ICommandHandler<ReleaseHoldCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly reservations: ReservationRepository,
    private readonly closer: HoldCloser,
  ) {}

  execute({ request }: ReleaseHoldCommand): Promise<{ released: boolean }> {
    return this.uow.run(async () => {
      const hold = await this.reservations.lockLatest(request.reference);
      if (!hold || !canMoveReservation(hold.state, 'released')) return { released: false };
      if (request.lines) await this.closer.giveBack(hold, request.lines, request.reason);
      else await this.closer.close(hold, 'released', request.reason);
      return { released: true };
    });
  }
}
