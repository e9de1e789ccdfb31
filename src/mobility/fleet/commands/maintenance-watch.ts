import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, Timer, type Fires, type Reacts } from '../../../kernel/messaging/reaction';
import { MaintenanceDue, MaintenanceUpcoming, MeterRead } from '../contracts/fleet-events';
import { MaintenanceRepository, type ScheduleRow } from '../data/maintenance.repository';
import { WorkOrderRepository } from '../data/work-order.repository';
import { pointsOf, standingOf } from '../domain/maintenance';

/** Looks whether maintenance is near or due; says so once a cycle, and opens the work order in the same commit. */
@Injectable()
export class MaintenanceWatch {
  constructor(
    private readonly clock: Clock,
    private readonly schedules: MaintenanceRepository,
    private readonly orders: WorkOrderRepository,
  ) {}

  /** @param moment that has come by the clock of the database, in a cycle: that of this process may be behind it */
  async look(
    tx: Transaction,
    of: { vehicleId: string } | { scheduleId: string },
    moment?: { at: Date; cycle: number },
  ): Promise<void> {
    const at = new Date(Math.max(this.clock.nowMs(), moment?.at.getTime() ?? 0));
    for (const schedule of await this.schedules.lock(of))
      if (!schedule.retired && (!moment || moment.cycle === schedule.cycle)) await this.judge(tx, schedule, at);
  }

  /** Sets the timers of a cycle that begins. */
  plan(tx: Transaction, { id: scheduleId, plan, base, cycle }: ScheduleRow): void {
    const { warnAt, dueAt } = pointsOf(plan, base);
    for (const at of [warnAt, dueAt])
      if (at) tx.timer(MaintenanceMoment, { scheduleId, cycle, at: at.toISOString() }, at);
  }

  private async judge(tx: Transaction, schedule: ScheduleRow, at: Date): Promise<void> {
    const { id, plan, vehicleId, cycle, metres, seconds } = schedule;
    const { state, by } = standingOf(plan, schedule.base, { at, metres, seconds });
    // A corrected meter takes back what was only near; a due order is somebody's to call off.
    if (state === schedule.state || schedule.state === 'due') return;
    await this.schedules.move(id, state, by);
    if (!by) return;
    const about = { scheduleId: id, planId: plan.id, planName: plan.name, vehicleId, cycle, by };
    if (state === 'upcoming') return tx.record(new MaintenanceUpcoming(id, about));
    const workOrderId = newId();
    const description = plan.tasks.length > 0 ? plan.tasks.map((task) => `- ${task}`).join('\n') : null;
    const order = { id: workOrderId, vehicleId, scheduleId: id, cycle, title: plan.name, description };
    const opened = await this.orders.insert({ ...order, currency: plan.currency, assignee: null, by: null });
    if (opened) tx.record(new MaintenanceDue(id, { ...about, workOrderId }));
  }
}

interface MaintenanceMomentOf {
  scheduleId: string;
  /** What was planned for an earlier one is void. */
  cycle: number;
  /** RFC 3339. */
  at?: string;
}

/** A day on which maintenance is near or due by date. */
@Timer({ name: 'fleet.maintenance-moment' })
export class MaintenanceMoment implements Fires<MaintenanceMomentOf> {
  constructor(private readonly watch: MaintenanceWatch) {}

  fire({ scheduleId, cycle, at }: MaintenanceMomentOf, tx: Transaction): Promise<void> {
    return this.watch.look(tx, { scheduleId }, { at: new Date(at ?? 0), cycle });
  }
}

/** What a vehicle has driven may make maintenance due. */
@Reaction({ name: 'fleet.watch-maintenance-when-meter-read', on: MeterRead, orderingKey: (event) => event.aggregateId })
export class WatchMaintenanceWhenMeterRead implements Reacts<MeterRead> {
  constructor(private readonly watch: MaintenanceWatch) {}

  react({ payload }: StoredEvent<MeterRead>, tx: Transaction): Promise<void> {
    return this.watch.look(tx, { vehicleId: payload.vehicleId });
  }
}
