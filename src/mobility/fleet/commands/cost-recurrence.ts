import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { TimeZoneQuery } from '../../../access/organizations/contracts/time-zone';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { CostRepository } from '../data/cost.repository';
import { FleetRepository } from '../data/fleet.repository';
import { beginOf, dayOf, nextPeriod, type CostSeries } from '../domain/costs';

interface PeriodDue {
  seriesId: string;
  /** The period that begins then; another number says that it was entered, or its end was moved, meanwhile. */
  made: number;
}

/** Enters the periods of recurring costs that have begun, each once: the series counts them, and is locked by whoever does. */
@Injectable()
export class CostRecurrence {
  constructor(
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly costs: CostRepository,
  ) {}

  timeZone(tenantId: string): Promise<string> {
    return this.queries.execute(new TimeZoneQuery(tenantId));
  }

  /**
   * Enters what is due of a locked series, and asks for the next by a timer.
   * @param lastDay periods that begin after it are not entered, such as the day on which the vehicle was retired
   */
  async enter(tx: Transaction, series: CostSeries, timeZone: string, lastDay: string | null): Promise<void> {
    const today = dayOf(this.clock.now(), timeZone);
    let next = nextPeriod(series);
    while (next && next.beginsOn <= today && (lastDay === null || next.beginsOn <= lastDay)) {
      const { id: seriesId, vehicleId, category, amount, vendor, reference, note, made: occurrence } = series;
      const what = { vehicleId, category, amount, vendor, reference, note, seriesId, occurrence };
      await this.costs.insert({ ...what, ...next, id: newId(), driverId: null, at: null, fileId: null }, null);
      series.made += 1;
      next = nextPeriod(series);
    }
    await this.costs.updateSeries(series);
    if (next && (lastDay === null || next.beginsOn <= lastDay))
      tx.timer(CostPeriodDue, { seriesId: series.id, made: series.made }, beginOf(next.beginsOn, timeZone));
  }
}

/** A period of a recurring cost begins. */
@Timer({ name: 'fleet.cost-period-due' })
export class CostPeriodDue implements Fires<PeriodDue> {
  constructor(
    private readonly recurrence: CostRecurrence,
    private readonly fleets: FleetRepository,
    private readonly costs: CostRepository,
  ) {}

  async fire({ seriesId, made }: PeriodDue, tx: Transaction): Promise<void> {
    const timeZone = await this.recurrence.timeZone(tx.tenantId);
    const vehicleId = (await this.costs.vehicleOfSeries(seriesId)) ?? null;
    const vehicle = vehicleId && (await this.fleets.vehicle(vehicleId));
    const series = vehicle && (await this.costs.lockSeries(seriesId));
    if (!vehicle || !series || series.made !== made) return;
    const lastDay = vehicle.state === 'retired' ? dayOf(vehicle.stateSince, timeZone) : null;
    await this.recurrence.enter(tx, series, timeZone, lastDay);
  }
}
