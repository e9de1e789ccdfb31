import { Injectable } from '@nestjs/common';
import { FleetRepository } from '../data/fleet.repository';
import { vehicleUnfit } from '../domain/dispatch.errors';
import type { Driver } from '../domain/driver';
import { driverInactive, driverNotFound, vehicleNotFound } from '../domain/fleet.errors';

/** Who and what is asked to drive a route, and where in a request that stands. */
export interface AskedCrew {
  vehicleId?: string;
  driverId?: string;
  pointer: string;
}

/** Vehicles and drivers to whom routes are given. */
@Injectable()
export class RouteCrew {
  constructor(private readonly fleets: FleetRepository) {}

  /**
   * Locks vehicles, then drivers, in the order of their ids, and sees that they may drive.
   * @returns the drivers by their ids
   * @throws AppError not-found `fleet.vehicle-not-found`, `fleet.driver-not-found`; conflict `fleet.vehicle-unfit`,
   *   `fleet.driver-inactive`
   */
  async demandAble(asked: readonly AskedCrew[]): Promise<Map<string, Driver>> {
    for (const id of idsOf(asked, 'vehicleId')) {
      const vehicle = await this.fleets.vehicle(id);
      if (!vehicle) throw vehicleNotFound();
      const { pointer } = asked.find(({ vehicleId }) => vehicleId === id)!;
      if (vehicle.kind === 'trailer' || vehicle.state !== 'in_service') throw vehicleUnfit(`${pointer}/vehicleId`);
    }
    const drivers = new Map<string, Driver>();
    for (const id of idsOf(asked, 'driverId')) {
      const driver = await this.fleets.driver(id);
      if (!driver || driver.forgottenAt) throw driverNotFound();
      if (!driver.active) throw driverInactive();
      drivers.set(id, driver);
    }
    return drivers;
  }
}

const idsOf = (asked: readonly AskedCrew[], key: 'vehicleId' | 'driverId'): string[] =>
  [...new Set(asked.flatMap(({ [key]: id }) => id ?? []))].sort();
