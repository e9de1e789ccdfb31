import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CommitHoldCommand, type HeldGoods } from '../contracts/hold-stock';
import { ReservationRepository } from '../data/reservation.repository';
import { noHold } from '../domain/inventory.errors';
import { HoldCloser } from './hold-closer';
import { StockDesk } from './stock-desk';

type Outcome = { outcome: 'committed' | 'short'; shortSkus: string[]; goods: HeldGoods | null };
const COMMITTED: Outcome = { outcome: 'committed', shortSkus: [], goods: null };

/** Commits a hold while it lives; one that lapsed, or whose lots expired, is made anew, already committed, if there still is stock. */
@CommandHandler(CommitHoldCommand)
export class CommitHoldHandler implements ICommandHandler<CommitHoldCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly reservations: ReservationRepository,
    private readonly closer: HoldCloser,
    private readonly desk: StockDesk,
  ) {}

  execute({ request }: CommitHoldCommand): Promise<Outcome> {
    return this.uow.run(async () => {
      const goods = await this.reservations.commitIfLive(request.reference);
      if (goods) return { ...COMMITTED, goods };
      const hold = await this.reservations.lockLatest(request.reference);
      if (!hold) throw noHold();
      if (hold.state === 'committed' || hold.state === 'fulfilled') return COMMITTED;
      const lines = await this.reservations.lines(hold.id);
      if (hold.state === 'active') {
        const lapsed = hold.expiresAt <= this.clock.now();
        await this.closer.close(hold, lapsed ? 'expired' : 'released', lapsed ? 'lapsed' : 'lot expired');
      }
      const terms = { state: 'committed', expiresAt: this.clock.now(), needBy: hold.needBy } as const;
      const { short } = await this.desk.hold(request.reference, lines, terms);
      return short ? { outcome: 'short', shortSkus: short.map((each) => each.sku), goods: null } : COMMITTED;
    });
  }
}
