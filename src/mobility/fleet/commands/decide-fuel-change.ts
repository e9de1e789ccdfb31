import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { FleetRepository } from '../data/fleet.repository';
import { FuelEntryRepository } from '../data/fuel-entry.repository';
import { FuelLevelRepository } from '../data/fuel-level.repository';
import { fuelChangeNotFound, fuelChangeReason, fuelChangeState } from '../domain/fuel.errors';
import { FindFuelChangeQuery, type FuelChangeFacts } from '../queries/fuel-levels';
import { FuelCardDesk } from './fuel-card-desk';

/**
 * People say whether a refill or drop was one. A confirmed refill that nobody entered becomes an entry, of source `detected`.
 * @throws AppError not-found `fleet.fuel-change-not-found`; invalid `fleet.fuel-change-reason`; conflict `fleet.fuel-change-state`
 */
export class DecideFuelChangeCommand extends Command<FuelChangeFacts> {
  constructor(
    readonly changeId: string,
    readonly state: 'confirmed' | 'dismissed',
    readonly reason: string | null,
  ) {
    super();
  }
}

@CommandHandler(DecideFuelChangeCommand)
export class DecideFuelChangeHandler implements ICommandHandler<DecideFuelChangeCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly entries: FuelEntryRepository,
    private readonly levels: FuelLevelRepository,
    private readonly cards: FuelCardDesk,
  ) {}

  execute({ changeId, state, reason }: DecideFuelChangeCommand): Promise<FuelChangeFacts> {
    return this.uow.run(async () => {
      const vehicleId = await this.levels.vehicleOfChange(changeId);
      const vehicle = vehicleId && (await this.fleets.vehicle(vehicleId));
      const change = vehicle && (await this.levels.lockChange(changeId));
      if (!vehicle || !change) throw fuelChangeNotFound();
      if (state === 'dismissed' && !reason) throw fuelChangeReason();
      if (change.state !== 'open') throw fuelChangeState(change.state);
      const by = currentContext().principal.userId;
      await this.levels.decide(changeId, state, reason, by);
      if (state === 'confirmed' && change.kind === 'refill' && !change.entryId && vehicle.fuelType !== 'none') {
        const { driverId, endedAt: at, quantity, lat, lng } = change;
        const entry = {
          id: newId(),
          vehicleId: vehicle.id,
          driverId,
          at,
          fuelType: vehicle.fuelType,
          quantity,
          lat,
          lng,
        };
        const unknown = { amount: null, currency: null, odometerMetres: null, station: null, note: null, fileId: null };
        await this.entries.insert({ ...entry, ...unknown, full: false, source: 'detected' }, by);
        await this.levels.setEntry(changeId, entry.id);
      }
      await this.cards.look(vehicle.id, vehicle, change.beganAt, change.endedAt);
      return this.queries.execute(new FindFuelChangeQuery(changeId));
    });
  }
}
