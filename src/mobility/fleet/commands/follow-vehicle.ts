import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { logger } from '../../../kernel/telemetry/logger';
import { FuelLevelRepository } from '../data/fuel-level.repository';
import { TripRepository } from '../data/trip.repository';
import { hourTurned, LATE_MS } from '../domain/following';
import { DeviceMeters } from './device-meters';
import { MakeFuelLevelsCommand } from './make-fuel-levels';
import { MakeTripsCommand } from './make-trips';
import { VehicleEar } from './vehicle-ear';

const HOUR_MS = 3_600_000;
/** How much is followed at once. */
const AT_ONCE_MS = 6 * HOUR_MS;
/** How long a tracker may be out of reach, and what it tells then is followed from there. */
const LONGEST_SILENCE_MS = 24 * HOUR_MS;
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
    private readonly ear: VehicleEar,
  ) {}

  /** Each stretch is a transaction of its own; where another took over meanwhile, it goes on from there. */
  async execute({ vehicleId, upTo }: FollowVehicleCommand): Promise<void> {
    for (;;) {
      const [following, latest] = await this.uow.run(async () => {
        const known = await this.trips.madeUntil(vehicleId);
        return [known, known && (await this.ear.heard(vehicleId, known.madeUntil))?.at] as const;
      });
      if (following === null || following.madeUntil >= upTo) return;
      const { madeUntil, heardAt } = following;
      const [until, before, heard] = [madeUntil.getTime(), heardAt?.getTime() ?? 0, latest ?? 0];
      // Where nothing was told since, it is followed at once to the end; only what came late may be new.
      const silent = heard <= before;
      const to = silent ? upTo.getTime() : Math.min(upTo.getTime(), until + AT_ONCE_MS);
      const late = to === upTo.getTime() && hourTurned(vehicleId, until, to);
      // A tracker that was out of reach tells what was since it was heard.
      const since = silent ? until : Math.max(before, until - LONGEST_SILENCE_MS);
      const from = Math.min(since, until - (late ? LATE_MS : OVERLAP_MS));
      if (silent ? late && heard >= from : heard > 0) await this.make(vehicleId, from, silent ? until : to);
      const last = Math.max(before, Math.min(heard, to));
      await this.uow.run(() =>
        this.trips.advance(vehicleId, madeUntil, new Date(to), last > 0 ? new Date(last) : null),
      );
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
