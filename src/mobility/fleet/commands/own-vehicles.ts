import { Injectable } from '@nestjs/common';
import { hasPermission } from '../../../kernel/auth/principal';
import { currentContext } from '../../../kernel/context/request-context';
import { AssignmentRepository } from '../data/assignment.repository';
import { notForDrivers, vehicleNotFound } from '../domain/fleet.errors';

/** Drivers act on the vehicle that they drive now; whoever may write fleets, on all. */
@Injectable()
export class OwnVehicles {
  constructor(private readonly assignments: AssignmentRepository) {}

  /** @throws AppError not-found `fleet.vehicle-not-found` */
  async demand(vehicleId: string): Promise<void> {
    const { principal } = currentContext();
    if (hasPermission(principal, 'fleet:write')) return;
    if (!principal.userId || !(await this.assignments.drives(principal.userId, vehicleId))) throw vehicleNotFound();
  }

  /** For what changes the books of a vehicle beyond what its driver sees. @throws AppError forbidden `fleet.not-for-drivers` */
  demandAll(): void {
    if (!hasPermission(currentContext().principal, 'fleet:write')) throw notForDrivers();
  }
}
