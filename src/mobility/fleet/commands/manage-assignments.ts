import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { AssignmentRepository } from '../data/assignment.repository';
import { IdlingRepository } from '../data/idling.repository';
import { TripRepository } from '../data/trip.repository';
import type { AssignmentKind } from '../domain/assignment';
import { assignmentBegun, assignmentNotFound, assignmentSubject, periodInvalid } from '../domain/fleet.errors';
import { FindAssignmentQuery, type AssignmentFacts } from '../queries/assignments';
import { AssignmentSides } from './assignment-sides';
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
 * Trips that a device made after its new end are taken from the vehicle.
 * @throws AppError not-found `fleet.assignment-not-found`, invalid `fleet.period-invalid`, conflict `fleet.assignment-overlaps`;
 *   where it is made longer also conflict `fleet.vehicle-retired`, `fleet.driver-inactive`
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
    private readonly queries: QueryBus,
    private readonly sides: AssignmentSides,
    private readonly assignments: AssignmentRepository,
    private readonly devices: DeviceFollower,
    private readonly trips: TripFollower,
  ) {}

  execute({ vehicleId, request }: AssignToVehicleCommand): Promise<AssignmentFacts> {
    return this.uow.run(async (tx) => {
      const { kind, subjectId, until, slot, note } = request;
      await this.sides.demandFit(vehicleId, kind, subjectId);
      const from = request.from ?? (await this.assignments.now());
      if (until && until <= from) throw periodInvalid();
      if (kind === 'device' && slot !== 1) throw assignmentSubject('A vehicle has one device at a time.');
      const id = newId();
      const by = currentContext().principal.userId;
      await this.assignments.insert({ id, vehicleId, kind, subjectId, slot, from, until, note, by });
      if (kind === 'device') {
        await this.devices.follow(tx, subjectId, [from, until], null, false);
        await this.trips.begin(tx, vehicleId, from);
      }
      return this.queries.execute(new FindAssignmentQuery(id));
    });
  }
}

@CommandHandler(EndAssignmentCommand)
export class EndAssignmentHandler implements ICommandHandler<EndAssignmentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly sides: AssignmentSides,
    private readonly assignments: AssignmentRepository,
    private readonly trips: TripRepository,
    private readonly idlings: IdlingRepository,
    private readonly devices: DeviceFollower,
    private readonly follower: TripFollower,
  ) {}

  execute({ vehicleId, assignmentId, until }: EndAssignmentCommand): Promise<AssignmentFacts> {
    return this.uow.run(async (tx) => {
      const found = await this.assignments.find(vehicleId, assignmentId);
      if (!found) throw assignmentNotFound();
      await this.sides.lock(vehicleId, found.kind, found.subjectId);
      const assignment = await this.assignments.lock(vehicleId, assignmentId);
      if (!assignment) throw assignmentNotFound();
      const { kind, subjectId, from, until: before } = assignment;
      if (until && until <= from) throw periodInvalid();
      const longer = before !== null && (until === null || until > before);
      if (longer) await this.sides.demandFit(vehicleId, kind, subjectId);
      await this.assignments.setEnd(assignment, until);
      if (kind === 'device') {
        await this.devices.follow(tx, subjectId, [until]);
        if (until && !longer) {
          await this.trips.forgetOutside(vehicleId, subjectId, until);
          await this.idlings.forgetOutside(vehicleId, subjectId, until);
        }
        // What was under way at an end that moves is made anew, to where it ends now.
        const moved = longer ? before : until;
        if (moved && moved <= (await this.assignments.now())) await this.follower.begin(tx, vehicleId, moved);
      }
      return this.queries.execute(new FindAssignmentQuery(assignmentId));
    });
  }
}

@CommandHandler(DeleteAssignmentCommand)
export class DeleteAssignmentHandler implements ICommandHandler<DeleteAssignmentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly assignments: AssignmentRepository,
  ) {}

  execute({ vehicleId, assignmentId }: DeleteAssignmentCommand): Promise<void> {
    return this.uow.run(async () => {
      const assignment = await this.assignments.lock(vehicleId, assignmentId);
      if (!assignment) throw assignmentNotFound();
      if (assignment.from <= (await this.assignments.now())) throw assignmentBegun();
      await this.assignments.remove(assignmentId);
    });
  }
}
