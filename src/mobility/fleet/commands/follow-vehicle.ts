import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { logger } from '../../../kernel/telemetry/logger';
import { FuelLevelRepository } from '../data/fuel-level.repository';
import { TripRepository } from '../data/trip.repository';
import { DeviceMeters } from './device-meters';
import { MakeFuelLevelsCommand } from './make-fuel-levels';
import { MakeTripsCommand } from './make-trips';

const HOUR_MS = 3_600_000;
/** How much is followed at once. */
const AT_ONCE_MS = 6 * HOUR_MS;
/** How late positions may come and still be followed by themselves: once an hour all of that is made anew. */
const LATE_MS = 10 * HOUR_MS;
/** A trip begins some minutes before it shows. */
const OVERLAP_MS = 900_000;
/** Where a tracker tells more than can be read at once: shorter periods are left out. */
const LEAST_MS = 900_000;

/** Makes the trips of a vehicle, levels of its tank and readings of its meters from where they were made on up to a moment. Doing it again changes nothing. */
export class FollowVehicleCommand extends Command<void> {
  constructor(
    readonly vehicleId: string,
    readonly upTo: Date,
  ) {
    super();
  }
}

@CommandHandler(FollowVehicleCommand)
export class FollowVehicleHandler implements ICommandHandler<FollowVehicleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly trips: TripRepository,
    private readonly levels: FuelLevelRepository,
    private readonly meters: DeviceMeters,
  ) {}

  /** Each stretch is a transaction of its own; where another took over meanwhile, it goes on from there. */
  async execute({ vehicleId, upTo }: FollowVehicleCommand): Promise<void> {
    for (;;) {
      const until = (await this.uow.run(() => this.trips.madeUntil(vehicleId)))?.getTime();
      if (until === undefined || until >= upTo.getTime()) return;
      const to = Math.min(upTo.getTime(), until + AT_ONCE_MS);
      const late = to === upTo.getTime() && Math.floor(until / HOUR_MS) !== Math.floor(to / HOUR_MS);
      await this.make(vehicleId, until - (late ? LATE_MS : OVERLAP_MS), to);
      await this.uow.run(() => this.trips.advance(vehicleId, new Date(until), new Date(to)));
    }
  }

  private async make(vehicleId: string, from: number, to: number): Promise<void> {
    try {
      await this.commands.execute(new MakeTripsCommand(vehicleId, new Date(from), new Date(to)));
      if (await this.uow.run(() => this.levels.hasSensor(vehicleId)))
        await this.commands.execute(new MakeFuelLevelsCommand(vehicleId, new Date(from), new Date(to)));
      await this.meters.follow(vehicleId, new Date(from), new Date(to));
    } catch (error) {
      if (!(error instanceof AppError) || !(error.kind === 'invalid' || error.kind === 'not-found')) throw error;
      if (error.code !== 'location.too-many-positions' || to - from <= LEAST_MS) {
        logger.warn(
          { err: error, vehicleId, from: new Date(from), to: new Date(to) },
          'trips, levels of fuel or readings were not made',
        );
        return;
      }
      const middle = (from + to) / 2;
      await this.make(vehicleId, from, middle);
      await this.make(vehicleId, middle, to);
    }
  }
}
