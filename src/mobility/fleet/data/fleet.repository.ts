import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { AppError } from '../../../kernel/errors/app-error';
import { Driver } from '../domain/driver';
import { driverUserTaken, employeeNumberTaken, fleetNameTaken, plateTaken, vinTaken } from '../domain/fleet.errors';
import { Vehicle } from '../domain/vehicle';
import { VehicleFleet } from '../domain/vehicle-fleet';

/** What a broken constraint means. */
const TAKEN: Record<string, () => AppError> = {
  fleets_name: fleetNameTaken,
  vehicles_vin: vinTaken,
  vehicles_plate: plateTaken,
  drivers_user: driverUserTaken,
  drivers_number: employeeNumberTaken,
};

/** Fleets, vehicles and drivers as they are stored. */
@Injectable()
export class FleetRepository {
  constructor(private readonly uow: UnitOfWork) {}

  fleet(id: string): Promise<VehicleFleet | null> {
    return this.uow.current().store.load(VehicleFleet, id, { lock: 'no-key-update' });
  }

  vehicle(id: string): Promise<Vehicle | null> {
    return this.uow.current().store.load(Vehicle, id, { lock: 'no-key-update' });
  }

  driver(id: string): Promise<Driver | null> {
    return this.uow.current().store.load(Driver, id, { lock: 'no-key-update' });
  }

  /** @throws AppError conflict where a name, number or plate is another's */
  async save(thing: VehicleFleet | Vehicle | Driver): Promise<void> {
    await this.uow
      .current()
      .store.save(thing)
      .catch((error: unknown) => {
        throw TAKEN[(error as { constraint?: string }).constraint ?? '']?.() ?? error;
      });
  }

  /** @returns false where vehicles belong to it */
  async removeFleet(fleet: VehicleFleet): Promise<boolean> {
    const tx = this.uow.current();
    const [{ some }] = await tx.query<{ some: boolean }>(
      'select exists (select from fleet.vehicles where tenant_id = $1 and fleet_id = $2) as some',
      [tx.tenantId, fleet.id],
    );
    return !some && tx.store.remove(fleet);
  }
}
