import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { sha256 } from '../../../kernel/crypto/hashing';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId, newSecret } from '../../../kernel/ids/ids';
import { FindVehiclesQuery } from '../../fleet/contracts/vehicles';
import { TrackerGivenVehicle } from '../contracts/tracker-events';
import { AssignTrackerCommand, MoveTrackersOfVehicleCommand } from '../contracts/trackers';
import { TrackerRepository } from '../data/tracker.repository';
import { trackerInVehicle, trackerNotFound, vehicleNotFound, vehicleRetired } from '../domain/location.errors';
import { EraseTracker } from '../jobs/erase-tracker';
import { trackerOf, type Tracker } from '../queries/trackers';

/** A tracker with its key, which is shown this once. */
export interface KeyedTracker extends Tracker {
  key: string;
}

/** 144 bits, so that a plain digest keeps it. */
const newKey = (): string => `trk_${newSecret(18)}`;

/** @throws AppError not-found `location.vehicle-not-found`, conflict `location.vehicle-retired` */
export class CreateTrackerCommand extends Command<KeyedTracker> {
  constructor(
    readonly name: string,
    readonly vehicleId: string | null,
  ) {
    super();
  }
}

/** @throws AppError not-found `location.tracker-not-found`, `location.vehicle-not-found`, conflict `location.vehicle-retired` */
export class ChangeTrackerCommand extends Command<Tracker> {
  constructor(
    readonly trackerId: string,
    readonly changes: { name?: string; vehicleId?: string | null; active?: boolean },
  ) {
    super();
  }
}

/** Makes a new key; the one before is worth nothing from then on. @throws AppError not-found `location.tracker-not-found` */
export class ChangeTrackerKeyCommand extends Command<KeyedTracker> {
  constructor(readonly trackerId: string) {
    super();
  }
}

/**
 * Deletes a tracker, and all that it told, positions and events at fences alike.
 * @throws AppError not-found `location.tracker-not-found`, conflict `location.tracker-in-vehicle`
 */
export class DeleteTrackerCommand extends Command<void> {
  constructor(readonly trackerId: string) {
    super();
  }
}

@CommandHandler(DeleteTrackerCommand)
export class DeleteTrackerHandler implements ICommandHandler<DeleteTrackerCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly trackers: TrackerRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ trackerId }: DeleteTrackerCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const removed = await this.trackers.remove(tx, trackerId, this.clock.now());
      if (!removed) throw trackerNotFound();
      if (removed.inVehicle) throw trackerInVehicle();
      tx.job(EraseTracker, { trackerId });
    });
  }
}

/** The fleet of a vehicle that a tracker is put into. @throws AppError not-found `location.vehicle-not-found`, conflict `location.vehicle-retired` */
async function fleetOf(queries: QueryBus, vehicleId: string | null): Promise<string | null> {
  if (vehicleId === null) return null;
  const [vehicle] = await queries.execute(new FindVehiclesQuery({ ids: [vehicleId] }));
  if (!vehicle) throw vehicleNotFound();
  if (vehicle.retired) throw vehicleRetired();
  return vehicle.fleetId;
}

@CommandHandler(CreateTrackerCommand)
export class CreateTrackerHandler implements ICommandHandler<CreateTrackerCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly trackers: TrackerRepository,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
  ) {}

  execute({ name, vehicleId }: CreateTrackerCommand): Promise<KeyedTracker> {
    return this.uow.run(async (tx) => {
      const key = newKey();
      const fleetId = await fleetOf(this.queries, vehicleId);
      const tracker = { id: newId(), name, vehicleId, fleetId, keyDigest: sha256(key), at: this.clock.now() };
      const made = trackerOf(await this.trackers.insert(tx, tracker));
      if (vehicleId !== null)
        tx.record(new TrackerGivenVehicle(made.id, { trackerId: made.id, vehicleId, entered: true }));
      return { ...made, key };
    });
  }
}

@CommandHandler(ChangeTrackerCommand)
export class ChangeTrackerHandler implements ICommandHandler<ChangeTrackerCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly trackers: TrackerRepository,
    private readonly queries: QueryBus,
  ) {}

  execute({ trackerId, changes }: ChangeTrackerCommand): Promise<Tracker> {
    return this.uow.run(async (tx) => {
      const { vehicleId } = changes;
      const fleet = vehicleId === undefined ? {} : { fleetId: await fleetOf(this.queries, vehicleId) };
      const row = await this.trackers.change(tx, trackerId, { ...changes, ...fleet });
      if (!row) throw trackerNotFound();
      if (vehicleId !== undefined)
        tx.record(new TrackerGivenVehicle(trackerId, { trackerId, vehicleId, entered: false }));
      return trackerOf(row);
    });
  }
}

@CommandHandler(ChangeTrackerKeyCommand)
export class ChangeTrackerKeyHandler implements ICommandHandler<ChangeTrackerKeyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly trackers: TrackerRepository,
  ) {}

  execute({ trackerId }: ChangeTrackerKeyCommand): Promise<KeyedTracker> {
    return this.uow.run(async (tx) => {
      const key = newKey();
      const row = await this.trackers.changeKey(tx, trackerId, sha256(key));
      if (!row) throw trackerNotFound();
      return { ...trackerOf(row), key };
    });
  }
}

@CommandHandler(AssignTrackerCommand)
export class AssignTrackerHandler implements ICommandHandler<AssignTrackerCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly trackers: TrackerRepository,
  ) {}

  execute({ request: { trackerId, vehicleId, fleetId, mayBeGone } }: AssignTrackerCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const changed = await this.trackers.change(tx, trackerId, { vehicleId, fleetId });
      if (!changed && !mayBeGone) throw trackerNotFound();
    });
  }
}

@CommandHandler(MoveTrackersOfVehicleCommand)
export class MoveTrackersOfVehicleHandler implements ICommandHandler<MoveTrackersOfVehicleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly trackers: TrackerRepository,
  ) {}

  execute({ request: { vehicleId, fleetId } }: MoveTrackersOfVehicleCommand): Promise<void> {
    return this.uow.run((tx) => this.trackers.moveOfVehicle(tx, vehicleId, fleetId));
  }
}
