import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DetachFilesCommand } from '../../../engagement/files/contracts/files';
import { SYSTEM } from '../../../kernel/auth/principal';
import { Clock } from '../../../kernel/clock/clock';
import { PLATFORM_TENANT, runInContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { AssignmentRepository } from '../data/assignment.repository';
import { DocumentRepository } from '../data/document.repository';
import { FleetRepository } from '../data/fleet.repository';
import { driverNotFound } from '../domain/fleet.errors';

/**
 * Forgets who a driver is: name, addresses, numbers, papers with their scans, notes. What was driven stays, as nobody's.
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
    private readonly fleets: FleetRepository,
    private readonly assignments: AssignmentRepository,
    private readonly documents: DocumentRepository,
  ) {}

  execute({ driverId }: ForgetDriverCommand): Promise<void> {
    return this.uow.run(async () => {
      const driver = await this.fleets.driver(driverId);
      if (!driver || driver.forgottenAt) throw driverNotFound();
      const now = this.clock.now();
      await this.assignments.endAll({ driverId }, now);
      await this.assignments.dropNotes(driverId);
      const removed = await this.documents.removeOfDriver(driverId);
      driver.forget(now);
      await this.fleets.save(driver);
      for (const id of removed)
        await this.commands.execute(new DetachFilesCommand({ owner: { kind: 'fleet-document', id } }));
    });
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
