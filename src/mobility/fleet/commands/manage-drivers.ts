import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { MemberIdsQuery } from '../../../access/organizations/contracts/member-directory';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AssignmentRepository } from '../data/assignment.repository';
import { DispatchRepository } from '../data/dispatch.repository';
import { FleetRepository } from '../data/fleet.repository';
import { Driver, type DriverChange } from '../domain/driver';
import { driverNotFound, routesOpen, stale, userUnknown } from '../domain/fleet.errors';
import { FindDriverQuery, type DriverFacts } from '../queries/drivers';

/** @throws AppError invalid `fleet.user-unknown`, conflict `fleet.user-taken`, `fleet.employee-number-taken` */
export class CreateDriverCommand extends Command<DriverFacts> {
  constructor(readonly driver: DriverChange & { name: string }) {
    super();
  }
}

/**
 * Whoever drives no more is with no vehicle from then on, and has no open routes.
 * @param version that the caller saw (If-Match); null where it does not matter
 * @throws as `CreateDriverCommand`, and AppError not-found `fleet.driver-not-found`, precondition-failed `fleet.stale`, conflict
 *   `fleet.routes-open`
 */
export class ChangeDriverCommand extends Command<DriverFacts> {
  constructor(
    readonly driverId: string,
    readonly change: DriverChange,
    readonly version: number | null = null,
  ) {
    super();
  }
}

/** @throws AppError invalid `fleet.user-unknown` */
async function demandMember(queries: QueryBus, userId: string | null | undefined): Promise<void> {
  if (!userId) return;
  const found = await queries.execute(new MemberIdsQuery({ userIds: [userId] }));
  if (found.length === 0) throw userUnknown();
}

@CommandHandler(CreateDriverCommand)
export class CreateDriverHandler implements ICommandHandler<CreateDriverCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
  ) {}

  execute({ driver: data }: CreateDriverCommand): Promise<DriverFacts> {
    return this.uow.run(async () => {
      await demandMember(this.queries, data.userId);
      const driver = Driver.create(data, this.clock.now());
      await this.fleets.save(driver);
      return this.queries.execute(new FindDriverQuery(driver.id));
    });
  }
}

@CommandHandler(ChangeDriverCommand)
export class ChangeDriverHandler implements ICommandHandler<ChangeDriverCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly assignments: AssignmentRepository,
    private readonly dispatches: DispatchRepository,
  ) {}

  execute({ driverId, change, version }: ChangeDriverCommand): Promise<DriverFacts> {
    return this.uow.run(async () => {
      const driver = await this.fleets.driver(driverId);
      if (!driver || driver.forgottenAt) throw driverNotFound();
      if (version !== null && version !== driver.version) throw stale(driver.version);
      await demandMember(this.queries, change.userId);
      const drove = driver.active;
      const now = this.clock.now();
      driver.change(change, now);
      if (drove && !driver.active && (await this.dispatches.hasOpen({ driverId }))) throw routesOpen('driver');
      await this.fleets.save(driver);
      if (drove && !driver.active) await this.assignments.endAll({ driverId }, await this.assignments.now());
      return this.queries.execute(new FindDriverQuery(driverId));
    });
  }
}
