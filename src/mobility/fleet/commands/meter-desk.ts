import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { MeterRead } from '../contracts/fleet-events';
import { FleetRepository } from '../data/fleet.repository';
import { MeterRepository, RECKONED, type Neighbour } from '../data/meter.repository';
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
   * What somebody reads counts more than what was reckoned: where the meter shows less than that, it is a correction.
   * @param vehicle locked
   * @returns null where the very same was read before
   * @throws AppError conflict `fleet.meter-backwards`, `fleet.reading-not-latest`, `fleet.reading-exists`, invalid `fleet.reading-ahead`
   */
  async record(
    vehicle: Vehicle,
    reading: { meter: Meter; kind: ReadingKind; shown: number; at: Date; source: string; reason: string | null },
  ): Promise<string | null> {
    const { meter, shown, at } = reading;
    if (at.getTime() > this.clock.nowMs() + AHEAD_MS) throw readingAhead();
    const { same, before, after } = await this.readings.around(vehicle.id, meter, at);
    if (same) {
      if (same.shown === shown && same.kind === reading.kind) return null;
      throw readingTwice();
    }
    const { kind, reason } = after ? reading : await this.kindOf(vehicle.id, reading, before);
    const total = totalOf({ kind, shown }, before, after);
    const by = currentContext().principal.userId;
    const id = await this.readings.insert({ ...reading, kind, reason, vehicleId: vehicle.id, total, by });
    if (after) return id;
    if (RECKONED.includes(reading.source)) await this.readings.tell(vehicle.id, meter, total, at);
    else {
      if (meter === 'odometer') Object.assign(vehicle, { odometerMetres: total, odometerAt: at });
      else Object.assign(vehicle, { engineSeconds: total, engineAt: at });
      vehicle.updatedAt = this.clock.now();
      await this.fleets.save(vehicle);
    }
    this.uow.current().record(new MeterRead(vehicle.id, { vehicleId: vehicle.id, meter, total, at: at.toISOString() }));
    return id;
  }

  private async kindOf<R extends { meter: Meter; kind: ReadingKind; shown: number; reason: string | null }>(
    vehicleId: string,
    reading: R,
    before: Neighbour | null,
  ): Promise<Pick<R, 'kind' | 'reason'> | { kind: ReadingKind; reason: string }> {
    const { meter, kind, shown } = reading;
    if (kind !== 'reading' || before === null || shown >= before.shown || !RECKONED.includes(before.source))
      return reading;
    const read = await this.readings.last(vehicleId, meter, 'read');
    if (read && shown - before.shown + before.total < read.total) return reading;
    return { kind: 'correction', reason: 'The meter shows less than was reckoned.' };
  }
}
