import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { FindTrackersQuery } from '../../location/contracts/trackers';
import { FleetRepository } from '../data/fleet.repository';
import type { AssignmentKind } from '../domain/assignment';
import type { Driver } from '../domain/driver';
import {
  assignmentSubject,
  driverInactive,
  subjectNotFound,
  vehicleNotFound,
  vehicleRetired,
} from '../domain/fleet.errors';
import type { Vehicle } from '../domain/vehicle';

/** The vehicle of an assignment and what is put with it. */
@Injectable()
export class AssignmentSides {
  constructor(
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
  ) {}

  /** Locks both, two vehicles in the order of their ids. */
  async lock(
    vehicleId: string,
    kind: AssignmentKind,
    subjectId: string,
  ): Promise<{ vehicle: Vehicle | null; driver: Driver | null; trailer: Vehicle | null }> {
    const trailerFirst = kind === 'trailer' && subjectId < vehicleId;
    const early = trailerFirst ? await this.fleets.vehicle(subjectId) : null;
    const vehicle = await this.fleets.vehicle(vehicleId);
    const trailer = kind === 'trailer' && !trailerFirst ? await this.fleets.vehicle(subjectId) : early;
    const driver = kind === 'driver' ? await this.fleets.driver(subjectId) : null;
    return { vehicle, driver, trailer };
  }

  /**
   * Locks both, and sees that they may be together.
   * @throws AppError not-found `fleet.vehicle-not-found`, `fleet.subject-not-found`; invalid `fleet.assignment-invalid`;
   *   conflict `fleet.vehicle-retired`, `fleet.driver-inactive`
   */
  async demandFit(vehicleId: string, kind: AssignmentKind, subjectId: string): Promise<void> {
    const { vehicle, driver, trailer } = await this.lock(vehicleId, kind, subjectId);
    if (!vehicle) throw vehicleNotFound();
    if (kind === 'driver' && (!driver || driver.forgottenAt)) throw subjectNotFound(kind);
    if (driver && !driver.active) throw driverInactive();
    if (kind === 'trailer' && !trailer) throw subjectNotFound(kind);
    if (trailer && trailer.kind !== 'trailer') throw assignmentSubject('Only a trailer can be pulled.');
    if (trailer?.state === 'retired' || vehicle.state === 'retired') throw vehicleRetired();
    if (kind === 'device' && !(await this.queries.execute(new FindTrackersQuery({ ids: [subjectId] }))).length)
      throw subjectNotFound(kind);
    if (vehicle.kind === 'trailer' && kind !== 'device')
      throw assignmentSubject('A trailer takes a device, no driver and no further trailer.');
  }
}
