import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { InspectionFailed, MaintenanceDue, MaintenanceUpcoming } from '../contracts/fleet-events';
import { NamesOfQuery } from '../queries/names';
import { tellStaff } from './tell-staff';

const BY = { date: 'by date', distance: 'by distance', engine_hours: 'by engine hours' };

/** Whoever runs the fleet hears that maintenance is near. */
@Reaction({ name: 'fleet.tell-when-maintenance-upcoming', on: MaintenanceUpcoming })
export class TellWhenMaintenanceUpcoming implements Reacts<MaintenanceUpcoming> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async react({ payload }: StoredEvent<MaintenanceUpcoming>): Promise<void> {
    const { scheduleId, cycle, planName, vehicleId, by } = payload;
    const { vehicle } = await this.queries.execute(new NamesOfQuery({ vehicleId }));
    const title = `Maintenance soon: ${planName}, ${vehicle}`;
    const body = `${planName} of ${vehicle} will be due ${BY[by]}.`;
    const dedupeKey = `fleet-maintenance/${scheduleId}/${cycle}/upcoming`;
    await tellStaff({ commands: this.commands, queries: this.queries }, { title, body, dedupeKey });
  }
}

/** Whoever runs the fleet hears that maintenance is due. */
@Reaction({ name: 'fleet.tell-when-maintenance-due', on: MaintenanceDue })
export class TellWhenMaintenanceDue implements Reacts<MaintenanceDue> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async react({ payload }: StoredEvent<MaintenanceDue>): Promise<void> {
    const { scheduleId, cycle, planName, vehicleId, by } = payload;
    const { vehicle } = await this.queries.execute(new NamesOfQuery({ vehicleId }));
    const title = `Maintenance due: ${planName}, ${vehicle}`;
    const body = `${planName} of ${vehicle} is due ${BY[by]}. A work order is open.`;
    const dedupeKey = `fleet-maintenance/${scheduleId}/${cycle}/due`;
    await tellStaff({ commands: this.commands, queries: this.queries }, { title, body, dedupeKey });
  }
}

/** Whoever runs the fleet hears what is wrong with a vehicle. */
@Reaction({ name: 'fleet.tell-when-inspection-failed', on: InspectionFailed })
export class TellWhenInspectionFailed implements Reacts<InspectionFailed> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async react({ payload }: StoredEvent<InspectionFailed>): Promise<void> {
    const { inspectionId, vehicleId, labels, critical } = payload;
    const { vehicle } = await this.queries.execute(new NamesOfQuery({ vehicleId }));
    const title = critical ? `Out of service: ${vehicle}` : `Defects: ${vehicle}`;
    const body = `Found at the inspection of ${vehicle}: ${labels.join(', ')}. A work order is open.`;
    const dedupeKey = `fleet-inspection/${inspectionId}`;
    await tellStaff({ commands: this.commands, queries: this.queries }, { title, body, dedupeKey });
  }
}
