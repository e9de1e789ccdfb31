import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { AttachFilesCommand } from '../../../engagement/files/contracts/files';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { InspectionFailed } from '../contracts/fleet-events';
import { FleetRepository } from '../data/fleet.repository';
import { InspectionRepository, type Checklist } from '../data/inspection.repository';
import { WorkOrderRepository } from '../data/work-order.repository';
import { vehicleNotFound, vehicleRetired } from '../domain/fleet.errors';
import { failedItems, type ChecklistItem, type InspectionResult } from '../domain/inspection';
import { checklistInactive, checklistItems, checklistNotFound } from '../domain/maintenance.errors';
import type { Vehicle } from '../domain/vehicle';
import { FindChecklistQuery, FindInspectionQuery } from '../queries/inspections';
import type { ChecklistFacts, InspectionFacts } from '../queries/inspections';
import { MeterDesk } from './meter-desk';
import { OwnVehicles } from './own-vehicles';

/** @throws AppError invalid `fleet.checklist-invalid` */
export class CreateChecklistCommand extends Command<ChecklistFacts> {
  constructor(readonly checklist: { name: string; items: ChecklistItem[]; currency: string }) {
    super();
  }
}

/** @throws AppError not-found `fleet.checklist-not-found`, invalid `fleet.checklist-invalid` */
export class ChangeChecklistCommand extends Command<ChecklistFacts> {
  constructor(
    readonly checklistId: string,
    readonly change: Partial<Omit<Checklist, 'id'>>,
  ) {
    super();
  }
}

/**
 * Keeps an inspection. What is wrong and was not known becomes a defect, all of them one work order; a critical one takes the
 * vehicle out of service.
 * @throws AppError not-found `fleet.vehicle-not-found` (also for a driver who does not drive it now), `fleet.checklist-not-found`,
 *   `files.file-not-found`; invalid `fleet.inspection-invalid`; conflict `fleet.checklist-inactive`, `fleet.vehicle-retired`,
 *   `fleet.meter-backwards`, `files.not-clean`
 */
export class InspectVehicleCommand extends Command<InspectionFacts> {
  constructor(
    readonly request: {
      vehicleId: string;
      checklistId: string;
      results: InspectionResult[];
      odometerMetres: number | null;
      note: string | null;
    },
  ) {
    super();
  }
}

function demandKeys(items: readonly ChecklistItem[]): void {
  const keys = items.map(({ key }) => key);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  if (twice !== undefined) throw checklistItems(`Two items are called ${twice}.`);
}

@CommandHandler(CreateChecklistCommand)
export class CreateChecklistHandler implements ICommandHandler<CreateChecklistCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly inspections: InspectionRepository,
  ) {}

  execute({ checklist }: CreateChecklistCommand): Promise<ChecklistFacts> {
    demandKeys(checklist.items);
    return this.uow.run(async () => {
      const id = newId();
      await this.inspections.saveChecklist({ ...checklist, id, active: true });
      return this.queries.execute(new FindChecklistQuery(id));
    });
  }
}

@CommandHandler(ChangeChecklistCommand)
export class ChangeChecklistHandler implements ICommandHandler<ChangeChecklistCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly inspections: InspectionRepository,
  ) {}

  execute({ checklistId, change }: ChangeChecklistCommand): Promise<ChecklistFacts> {
    return this.uow.run(async () => {
      const before = await this.inspections.checklist(checklistId);
      if (!before) throw checklistNotFound();
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const checklist: Checklist = { ...before, ...given };
      demandKeys(checklist.items);
      await this.inspections.saveChecklist(checklist);
      return this.queries.execute(new FindChecklistQuery(checklistId));
    });
  }
}

@CommandHandler(InspectVehicleCommand)
export class InspectVehicleHandler implements ICommandHandler<InspectVehicleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly inspections: InspectionRepository,
    private readonly orders: WorkOrderRepository,
    private readonly own: OwnVehicles,
    private readonly meters: MeterDesk,
  ) {}

  execute({ request }: InspectVehicleCommand): Promise<InspectionFacts> {
    return this.uow.run(async () => {
      const { vehicleId, checklistId, results, odometerMetres: metres, note } = request;
      const vehicle = await this.fleets.vehicle(vehicleId);
      if (!vehicle) throw vehicleNotFound();
      await this.own.demand(vehicleId);
      if (vehicle.state === 'retired') throw vehicleRetired();
      const checklist = await this.inspections.checklist(checklistId);
      if (!checklist) throw checklistNotFound();
      if (!checklist.active) throw checklistInactive();
      const failed = failedItems(checklist.items, results);
      const [id, at] = [newId(), this.clock.now()];
      if (metres !== null) {
        const reading = { meter: 'odometer', kind: 'reading', shown: metres, at, source: 'inspection' } as const;
        await this.meters.record(vehicle, { ...reading, reason: null });
      }
      const known = await this.inspections.openDefects(vehicleId);
      const fresh = failed.filter(({ item }) => !known.has(item.key));
      const workOrderId = fresh.length > 0 ? await this.openOrder(vehicle, checklist, fresh) : null;
      const labelOf = new Map(checklist.items.map((item) => [item.key, item.label]));
      const kept = results.map((result) => ({ ...result, label: labelOf.get(result.key)! }));
      const by = currentContext().principal.userId;
      const order = workOrderId ?? (failed.length > 0 ? known.get(failed[0].item.key)! : null);
      const passed = failed.length === 0;
      await this.inspections.insert({
        ...{ id, vehicleId, checklistId, by, at, metres, results: kept, passed, note, workOrderId: order },
      });
      const fileIds = [...new Set(results.flatMap((result) => result.fileIds))];
      if (fileIds.length > 0)
        await this.commands.execute(new AttachFilesCommand({ fileIds, owner: { kind: 'fleet-inspection', id } }));
      if (workOrderId) await this.tell(vehicle, { id, workOrderId, at }, fresh);
      return this.queries.execute(new FindInspectionQuery(id));
    });
  }

  private async openOrder(vehicle: Vehicle, checklist: Checklist, failed: Failed): Promise<string> {
    const id = newId();
    const title = `Defects: ${failed.map(({ item }) => item.label).join(', ')}`.slice(0, 200);
    const description = failed.flatMap(({ item, result }) => result.note ?? item.label).join('\n');
    const { currency } = checklist;
    const by = currentContext().principal.userId;
    await this.orders.insert({
      ...{ id, vehicleId: vehicle.id, scheduleId: null, cycle: null, title, description, currency, assignee: null, by },
    });
    return id;
  }

  private async tell(
    vehicle: Vehicle,
    { id, workOrderId, at }: { id: string; workOrderId: string; at: Date },
    failed: Failed,
  ): Promise<void> {
    const about = { vehicleId: vehicle.id, inspectionId: id, workOrderId };
    await this.inspections.insertDefects(
      about,
      failed.map(({ item: { key, label, critical }, result: { note } }) => ({ key, label, critical, note })),
    );
    const critical = failed.some(({ item }) => item.critical);
    if (critical && vehicle.state === 'in_service') {
      vehicle.ground('Critical defect', at);
      await this.fleets.save(vehicle);
    }
    const labels = failed.map(({ item }) => item.label);
    this.uow.current().record(new InspectionFailed(id, { ...about, labels, critical }));
  }
}

type Failed = ReturnType<typeof failedItems>;
