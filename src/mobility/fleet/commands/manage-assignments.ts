import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { FindTrackersQuery } from '../../location/contracts/trackers';
import { AssignmentRepository } from '../data/assignment.repository';
import { FleetRepository } from '../data/fleet.repository';
import type { AssignmentKind } from '../domain/assignment';
import {
  assignmentBegun,
  assignmentNotFound,
  assignmentSubject,
  driverInactive,
  periodInvalid,
  subjectNotFound,
  vehicleNotFound,
  vehicleRetired,
} from '../domain/fleet.errors';
import type { Vehicle } from '../domain/vehicle';
import { FindAssignmentQuery, type AssignmentFacts } from '../queries/assignments';
import { DeviceFollower } from './device-follower';
import { TripFollower } from './trip-follower';

/**
 * Puts a driver, a device or a trailer with a vehicle for a period.
 * @throws AppError not-found `fleet.vehicle-not-found`, `fleet.subject-not-found`; invalid `fleet.assignment-invalid`,
 *   `fleet.period-invalid`; conflict `fleet.assignment-overlaps`, `fleet.vehicle-retired`, `fleet.driver-inactive`
 */
export class AssignToVehicleCommand extends Command<AssignmentFacts> {
  constructor(
    readonly vehicleId: string,
    readonly request: {
      kind: AssignmentKind;
      subjectId: string;
      /** Default now. */
      from?: Date;
      until: Date | null;
      slot: number;
      note: string | null;
    },
  ) {
    super();
  }
}

/**
 * Sets when an assignment ends; null is until further notice.
 * @throws AppError not-found `fleet.assignment-not-found`, invalid `fleet.period-invalid`, conflict `fleet.assignment-overlaps`
 */
export class EndAssignmentCommand extends Command<AssignmentFacts> {
  constructor(
    readonly vehicleId: string,
    readonly assignmentId: string,
    readonly until: Date | null,
  ) {
    super();
  }
}

/** Takes back what has not begun. @throws AppError not-found `fleet.assignment-not-found`, conflict `fleet.assignment-begun` */
export class DeleteAssignmentCommand extends Command<void> {
  constructor(
    readonly vehicleId: string,
    readonly assignmentId: string,
  ) {
    super();
  }
}

@CommandHandler(AssignToVehicleCommand)
export class AssignToVehicleHandler implements ICommandHandler<AssignToVehicleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly assignments: AssignmentRepository,
    private readonly devices: DeviceFollower,
    private readonly trips: TripFollower,
  ) {}

  execute({ vehicleId, request }: AssignToVehicleCommand): Promise<AssignmentFacts> {
    return this.uow.run(async (tx) => {
      const { kind, subjectId, until, slot, note } = request;
      const from = request.from ?? this.clock.now();
      const vehicle = await this.lockBoth(vehicleId, kind, subjectId);
      if (vehicle.state === 'retired') throw vehicleRetired();
      if (until && until <= from) throw periodInvalid();
      if (vehicle.kind === 'trailer' && kind !== 'device')
        throw assignmentSubject('A trailer takes a device, no driver and no further trailer.');
      if (kind === 'device' && slot !== 1) throw assignmentSubject('A vehicle has one device at a time.');
      const id = newId();
      const by = currentContext().principal.userId;
      await this.assignments.insert({ id, vehicleId, kind, subjectId, slot, from, until, note, by });
      if (kind === 'device') {
        const now = this.clock.now();
        const moments = [from, until].filter((moment): moment is Date => moment !== null && moment > now);
        await this.devices.follow(tx, subjectId, moments);
        await this.trips.begin(tx, vehicleId, from);
      }
      return this.queries.execute(new FindAssignmentQuery(id));
    });
  }

  /** The vehicle, and whatever is put with it, locked: two vehicles in the order of their ids. */
  private async lockBoth(vehicleId: string, kind: AssignmentKind, subjectId: string): Promise<Vehicle> {
    const trailerFirst = kind === 'trailer' && subjectId < vehicleId;
    const early = trailerFirst ? await this.fleets.vehicle(subjectId) : null;
    const vehicle = await this.fleets.vehicle(vehicleId);
    if (!vehicle) throw vehicleNotFound();
    if (kind === 'driver') {
      const driver = await this.fleets.driver(subjectId);
      if (!driver) throw subjectNotFound(kind);
      if (!driver.active) throw driverInactive();
    } else if (kind === 'trailer') {
      const trailer = trailerFirst ? early : await this.fleets.vehicle(subjectId);
      if (!trailer) throw subjectNotFound(kind);
      if (trailer.kind !== 'trailer') throw assignmentSubject('Only a trailer can be pulled.');
      if (trailer.state === 'retired') throw vehicleRetired();
    } else {
      const [tracker] = await this.queries.execute(new FindTrackersQuery({ ids: [subjectId] }));
      if (!tracker) throw subjectNotFound(kind);
    }
    return vehicle;
  }
}

@CommandHandler(EndAssignmentCommand)
export class EndAssignmentHandler implements ICommandHandler<EndAssignmentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly assignments: AssignmentRepository,
    private readonly devices: DeviceFollower,
  ) {}

  execute({ vehicleId, assignmentId, until }: EndAssignmentCommand): Promise<AssignmentFacts> {
    return this.uow.run(async (tx) => {
      const assignment = await this.assignments.lock(vehicleId, assignmentId);
      if (!assignment) throw assignmentNotFound();
      if (until && until <= assignment.from) throw periodInvalid();
      await this.assignments.setEnd(assignment, until);
      if (assignment.kind === 'device')
        await this.devices.follow(tx, assignment.subjectId, until && until > this.clock.now() ? [until] : []);
      return this.queries.execute(new FindAssignmentQuery(assignmentId));
    });
  }
}

@CommandHandler(DeleteAssignmentCommand)
export class DeleteAssignmentHandler implements ICommandHandler<DeleteAssignmentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly assignments: AssignmentRepository,
  ) {}

  execute({ vehicleId, assignmentId }: DeleteAssignmentCommand): Promise<void> {
    return this.uow.run(async () => {
      const assignment = await this.assignments.lock(vehicleId, assignmentId);
      if (!assignment) throw assignmentNotFound();
      if (assignment.from <= this.clock.now()) throw assignmentBegun();
      await this.assignments.remove(assignmentId);
    });
  }
}
