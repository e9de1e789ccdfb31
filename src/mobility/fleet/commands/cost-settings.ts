import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CostRepository } from '../data/cost.repository';
import { FleetRepository } from '../data/fleet.repository';
import type { Purchase } from '../domain/costs';
import { depreciatedTwice, purchaseLife, purchaseResidual } from '../domain/costs.errors';
import { vehicleNotFound } from '../domain/fleet.errors';
import { CostProfileQuery, CostSettingsQuery, type CostProfile, type CostSettings } from '../queries/cost-settings';

/**
 * Says what a vehicle was bought for, over what it is written off, and what it takes while it idles; what is left out is forgotten.
 * @throws AppError not-found `fleet.vehicle-not-found`, invalid `fleet.purchase-invalid`, conflict `fleet.depreciated-twice`
 */
export class SetCostProfileCommand extends Command<CostProfile> {
  constructor(
    readonly vehicleId: string,
    readonly purchase: Purchase | null,
    readonly idleRate: number | null,
  ) {
    super();
  }
}

/** Says what the fleet reckons with where nothing better is known; what is left out follows the product again. */
export class SetCostSettingsCommand extends Command<CostSettings> {
  constructor(readonly settings: Pick<CostSettings, 'fuelPrices' | 'idleRates' | 'idleHour' | 'co2Factors'>) {
    super();
  }
}

@CommandHandler(SetCostProfileCommand)
export class SetCostProfileHandler implements ICommandHandler<SetCostProfileCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly costs: CostRepository,
  ) {}

  execute({ vehicleId, purchase, idleRate }: SetCostProfileCommand): Promise<CostProfile> {
    return this.uow.run(async () => {
      if (!(await this.fleets.vehicle(vehicleId))) throw vehicleNotFound();
      if (purchase) {
        const { price, residual, lifeMonths, lifeMetres } = purchase;
        if ((lifeMonths === null) === (lifeMetres === null)) throw purchaseLife();
        if (residual.currency !== price.currency || residual.amount > price.amount) throw purchaseResidual();
        if (await this.costs.depreciatedByHand(vehicleId)) throw depreciatedTwice();
      }
      await this.costs.saveProfile(vehicleId, purchase, idleRate);
      return this.queries.execute(new CostProfileQuery(vehicleId));
    });
  }
}

@CommandHandler(SetCostSettingsCommand)
export class SetCostSettingsHandler implements ICommandHandler<SetCostSettingsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly costs: CostRepository,
  ) {}

  execute({ settings }: SetCostSettingsCommand): Promise<CostSettings> {
    return this.uow.run(async () => {
      await this.costs.saveSettings(settings);
      return this.queries.execute(new CostSettingsQuery());
    });
  }
}
