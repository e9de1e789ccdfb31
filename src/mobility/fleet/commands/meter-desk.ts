import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { MeterRead } from '../contracts/fleet-events';
import { FleetRepository } from '../data/fleet.repository';
import { MeterRepository } from '../data/meter.repository';
import { readingAhead, readingTwice } from '../domain/fleet.errors';
import { totalOf, type Meter, type ReadingKind } from '../domain/meter';
import type { Vehicle } from '../domain/vehicle';

/** Clocks of devices run ahead by this much at most. */
const AHEAD_MS = 300_000;

/** Writes readings of meters: between those before and after them, and never backwards. */
@Injectable()
export class MeterDesk {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly fleets: FleetRepository,
    private readonly readings: MeterRepository,
  ) {}

  /**
   * @param vehicle locked
   * @returns null where the very same was read before
   * @throws AppError conflict `fleet.meter-backwards`, `fleet.reading-not-latest`, `fleet.reading-exists`, invalid `fleet.reading-ahead`
   */
  async record(
    vehicle: Vehicle,
    reading: { meter: Meter; kind: ReadingKind; shown: number; at: Date; source: string; reason: string | null },
  ): Promise<string | null> {
    const { meter, kind, shown, at } = reading;
    if (at.getTime() > this.clock.nowMs() + AHEAD_MS) throw readingAhead();
    const { same, before, after } = await this.readings.around(vehicle.id, meter, at);
    if (same) {
      if (same.shown === shown && same.kind === kind) return null;
      throw readingTwice();
    }
    const total = totalOf({ kind, shown }, before, after);
    const by = currentContext().principal.userId;
    const id = await this.readings.insert({ ...reading, vehicleId: vehicle.id, total, by });
    if (after) return id;
    if (meter === 'odometer') Object.assign(vehicle, { odometerMetres: total, odometerAt: at });
    else Object.assign(vehicle, { engineSeconds: total, engineAt: at });
    vehicle.updatedAt = this.clock.now();
    await this.fleets.save(vehicle);
    this.uow.current().record(new MeterRead(vehicle.id, { vehicleId: vehicle.id, meter, total, at: at.toISOString() }));
    return id;
  }
}
