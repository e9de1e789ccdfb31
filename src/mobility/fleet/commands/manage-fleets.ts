import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FleetRepository } from '../data/fleet.repository';
import { fleetNotEmpty, fleetNotFound } from '../domain/fleet.errors';
import { VehicleFleet } from '../domain/vehicle-fleet';
import { FindFleetQuery, type FleetFacts } from '../queries/fleets';

/** @throws AppError conflict `fleet.fleet-name-taken` */
export class CreateFleetCommand extends Command<FleetFacts> {
  constructor(
    readonly name: string,
    readonly description: string | null,
  ) {
    super();
  }
}

/** @throws AppError not-found `fleet.fleet-not-found`, conflict `fleet.fleet-name-taken` */
export class ChangeFleetCommand extends Command<FleetFacts> {
  constructor(
    readonly fleetId: string,
    readonly change: { name?: string; description?: string | null },
  ) {
    super();
  }
}

/** @throws AppError not-found `fleet.fleet-not-found`, conflict `fleet.fleet-not-empty` */
export class DeleteFleetCommand extends Command<void> {
  constructor(readonly fleetId: string) {
    super();
  }
}

@CommandHandler(CreateFleetCommand)
export class CreateFleetHandler implements ICommandHandler<CreateFleetCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
  ) {}

  execute({ name, description }: CreateFleetCommand): Promise<FleetFacts> {
    return this.uow.run(async () => {
      const fleet = VehicleFleet.create(name, description, this.clock.now());
      await this.fleets.save(fleet);
      return this.queries.execute(new FindFleetQuery(fleet.id));
    });
  }
}

@CommandHandler(ChangeFleetCommand)
export class ChangeFleetHandler implements ICommandHandler<ChangeFleetCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
  ) {}

  execute({ fleetId, change }: ChangeFleetCommand): Promise<FleetFacts> {
    return this.uow.run(async () => {
      const fleet = await this.fleets.fleet(fleetId);
      if (!fleet) throw fleetNotFound();
      fleet.change(change, this.clock.now());
      await this.fleets.save(fleet);
      return this.queries.execute(new FindFleetQuery(fleetId));
    });
  }
}

@CommandHandler(DeleteFleetCommand)
export class DeleteFleetHandler implements ICommandHandler<DeleteFleetCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly fleets: FleetRepository,
  ) {}

  execute({ fleetId }: DeleteFleetCommand): Promise<void> {
    return this.uow.run(async () => {
      const fleet = await this.fleets.fleet(fleetId);
      if (!fleet) throw fleetNotFound();
      if (!(await this.fleets.removeFleet(fleet))) throw fleetNotEmpty();
    });
  }
}
