import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { FleetRepository } from '../data/fleet.repository';
import { MaintenanceRepository, type MaintenancePlan } from '../data/maintenance.repository';
import { vehicleNotFound, vehicleRetired } from '../domain/fleet.errors';
import { alreadyScheduled, planNotFound, planWithoutInterval, warrantyUnbounded } from '../domain/maintenance.errors';
import { FindPlanQuery, FindScheduleQuery, FindWarrantyQuery } from '../queries/maintenance';
import type { PlanFacts, ScheduleFacts, WarrantyFacts } from '../queries/maintenance';
import { MaintenanceWatch } from './maintenance-watch';

/** @throws AppError invalid `fleet.plan-without-interval` */
export class CreateMaintenancePlanCommand extends Command<PlanFacts> {
  constructor(readonly plan: Omit<MaintenancePlan, 'id'>) {
    super();
  }
}

/**
 * Gives a vehicle a plan; it counts from where it was done last.
 * @throws AppError not-found `fleet.plan-not-found`, `fleet.vehicle-not-found`, conflict `fleet.already-scheduled`, `fleet.vehicle-retired`
 */
export class ScheduleMaintenanceCommand extends Command<ScheduleFacts> {
  constructor(
    readonly request: {
      planId: string;
      vehicleId: string;
      /** Default now, and what the meters say. */
      lastAt?: Date;
      lastMetres?: number;
      lastSeconds?: number;
    },
  ) {
    super();
  }
}

/** @throws AppError not-found `fleet.vehicle-not-found`, invalid `fleet.warranty-unbounded` */
export class CreateWarrantyCommand extends Command<WarrantyFacts> {
  constructor(
    readonly warranty: {
      vehicleId: string;
      name: string;
      beginsOn: string;
      endsOn: string | null;
      untilMetres: number | null;
      provider: string | null;
    },
  ) {
    super();
  }
}

@CommandHandler(CreateMaintenancePlanCommand)
export class CreateMaintenancePlanHandler implements ICommandHandler<CreateMaintenancePlanCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly maintenance: MaintenanceRepository,
  ) {}

  execute({ plan }: CreateMaintenancePlanCommand): Promise<PlanFacts> {
    const { everyDays, everyMetres, everySeconds } = plan;
    if (everyDays === null && everyMetres === null && everySeconds === null) throw planWithoutInterval();
    return this.uow.run(async () => {
      const id = newId();
      await this.maintenance.insertPlan({ ...plan, id });
      return this.queries.execute(new FindPlanQuery(id));
    });
  }
}

@CommandHandler(ScheduleMaintenanceCommand)
export class ScheduleMaintenanceHandler implements ICommandHandler<ScheduleMaintenanceCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly maintenance: MaintenanceRepository,
    private readonly watch: MaintenanceWatch,
  ) {}

  execute({ request }: ScheduleMaintenanceCommand): Promise<ScheduleFacts> {
    return this.uow.run(async (tx) => {
      const { planId, vehicleId } = request;
      const vehicle = await this.fleets.vehicle(vehicleId);
      if (!vehicle) throw vehicleNotFound();
      if (vehicle.state === 'retired') throw vehicleRetired();
      if (!(await this.maintenance.hasPlan(planId))) throw planNotFound();
      const id = newId();
      const base = {
        at: request.lastAt ?? this.clock.now(),
        metres: request.lastMetres ?? vehicle.odometerMetres,
        seconds: request.lastSeconds ?? vehicle.engineSeconds,
      };
      if (!(await this.maintenance.insertSchedule({ id, planId, vehicleId, base }))) throw alreadyScheduled();
      const [schedule] = await this.maintenance.lock({ scheduleId: id });
      this.watch.plan(tx, schedule);
      await this.watch.look(tx, { scheduleId: id });
      return this.queries.execute(new FindScheduleQuery(id));
    });
  }
}

@CommandHandler(CreateWarrantyCommand)
export class CreateWarrantyHandler implements ICommandHandler<CreateWarrantyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly maintenance: MaintenanceRepository,
  ) {}

  execute({ warranty }: CreateWarrantyCommand): Promise<WarrantyFacts> {
    const { endsOn, untilMetres, beginsOn } = warranty;
    if ((endsOn === null && untilMetres === null) || (endsOn !== null && endsOn < beginsOn)) throw warrantyUnbounded();
    return this.uow.run(async () => {
      if (!(await this.fleets.vehicle(warranty.vehicleId))) throw vehicleNotFound();
      const id = newId();
      await this.maintenance.insertWarranty({ ...warranty, id });
      return this.queries.execute(new FindWarrantyQuery(id));
    });
  }
}
