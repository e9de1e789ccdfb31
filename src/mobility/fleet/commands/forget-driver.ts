import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { DetachFilesCommand } from '../../../engagement/files/contracts/files';
import { SYSTEM } from '../../../kernel/auth/principal';
import { Clock } from '../../../kernel/clock/clock';
import { PLATFORM_TENANT, runInContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { AssignmentRepository } from '../data/assignment.repository';
import { CostRepository } from '../data/cost.repository';
import { DispatchRepository } from '../data/dispatch.repository';
import { DocumentRepository } from '../data/document.repository';
import { FleetRepository } from '../data/fleet.repository';
import { FuelCardRepository } from '../data/fuel-card.repository';
import { FuelEntryRepository } from '../data/fuel-entry.repository';
import { FuelLevelRepository } from '../data/fuel-level.repository';
import { driverNotFound } from '../domain/fleet.errors';
import { ownerOfReceipt } from '../domain/fuel';
import { tellStaff } from '../reactions/tell-staff';
import { RouteCancelling } from './route-cancelling';

/**
 * Forgets who a driver is: name, addresses, numbers, papers with their scans, notes. What was driven stays, as nobody's;
 * routes that are not finished are called off, which staff is told.
 * @throws AppError not-found `fleet.driver-not-found`
 */
export class ForgetDriverCommand extends Command<void> {
  constructor(readonly driverId: string) {
    super();
  }
}

/** Forgets a person as a driver of every organization. Done again, it goes on where it ended. */
export class ForgetDrivingPersonCommand extends Command<void> {
  constructor(readonly userId: string) {
    super();
  }
}

@CommandHandler(ForgetDriverCommand)
export class ForgetDriverHandler implements ICommandHandler<ForgetDriverCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly assignments: AssignmentRepository,
    private readonly costs: CostRepository,
    private readonly documents: DocumentRepository,
    private readonly fuel: FuelEntryRepository,
    private readonly levels: FuelLevelRepository,
    private readonly cards: FuelCardRepository,
    private readonly dispatches: DispatchRepository,
    private readonly cancelling: RouteCancelling,
  ) {}

  execute({ driverId }: ForgetDriverCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      await this.cards.lockOfDriver(driverId);
      const driver = await this.fleets.driver(driverId);
      if (!driver || driver.forgottenAt) throw driverNotFound();
      const now = this.clock.now();
      await this.assignments.endAll({ driverId }, await this.assignments.now());
      await this.assignments.dropNotes(driverId);
      const removed = await this.documents.removeOfDriver(driverId);
      const billed = await this.costs.forgetDriver(driverId);
      const filled = await this.fuel.forgetDriver(driverId);
      await this.levels.dropReasons(driverId);
      await this.cards.forgetDriver(driverId, now);
      driver.forget(now);
      await this.fleets.save(driver);
      await this.callOff(tx, driverId);
      for (const id of removed)
        await this.commands.execute(new DetachFilesCommand({ owner: { kind: 'fleet-document', id } }));
      for (const id of billed)
        await this.commands.execute(new DetachFilesCommand({ owner: { kind: 'fleet-cost', id } }));
      for (const id of filled) await this.commands.execute(new DetachFilesCommand({ owner: ownerOfReceipt(id) }));
    });
  }

  /** What is left of the routes may be given to others. */
  private async callOff(tx: Transaction, driverId: string): Promise<void> {
    let routes = 0;
    for (const dispatchId of await this.dispatches.openOf(driverId)) {
      await this.dispatches.lock(dispatchId);
      routes += await this.cancelling.cancel(tx, dispatchId, driverId);
      await this.dispatches.end(dispatchId);
    }
    if (routes === 0) return;
    const title = `${routes === 1 ? 'A route was' : `${routes} routes were`} called off`;
    const body =
      'Whoever was to drive was forgotten. When the other routes of the dispatch are over, or called off, dispatch its plan again: what is not done of it is given anew.';
    const buses = { commands: this.commands, queries: this.queries };
    await tellStaff(buses, { title, body, dedupeKey: `fleet-forgotten/${driverId}` });
  }
}

@CommandHandler(ForgetDrivingPersonCommand)
export class ForgetDrivingPersonHandler implements ICommandHandler<ForgetDrivingPersonCommand> {
  constructor(
    private readonly database: Database,
    private readonly commands: CommandBus,
  ) {}

  async execute({ userId }: ForgetDrivingPersonCommand): Promise<void> {
    const drivers = await this.database.readAs<{ tenantId: string; id: string }>(
      PLATFORM_TENANT,
      'select tenant_id as "tenantId", id from fleet.drivers_of_person($1)',
      [userId],
    );
    for (const { tenantId, id } of drivers)
      await runInContext({ tenantId, principal: SYSTEM, requestId: newId() }, () =>
        this.commands.execute(new ForgetDriverCommand(id)),
      );
  }
}
