import { Module } from '@nestjs/common';
import { CostPeriodDue, CostRecurrence } from './commands/cost-recurrence';
import { SetCostProfileHandler, SetCostSettingsHandler } from './commands/cost-settings';
import { ChangeCostHandler, DeleteCostHandler, EnterCostHandler } from './commands/manage-costs';
import { ChangeRecurringCostHandler, EnterRecurringCostHandler } from './commands/manage-recurring-costs';
import { FleetModule } from './fleet.module';
import { CostsController } from './http/costs.controller';
import { VehicleCostsController } from './http/vehicle-costs.controller';
import { CostProfileHandler, CostSettingsHandler } from './queries/cost-settings';
import {
  FindCostHandler,
  FindRecurringCostHandler,
  ListCostsHandler,
  ListRecurringCostsHandler,
} from './queries/costs';

/** What vehicles cost, and what follows from it: figures a kilometre, costs over a life, CO2, how much vehicles are used. */
@Module({
  imports: [FleetModule],
  controllers: [CostsController, VehicleCostsController],
  providers: [
    CostRecurrence,
    CostPeriodDue,
    EnterCostHandler,
    ChangeCostHandler,
    DeleteCostHandler,
    EnterRecurringCostHandler,
    ChangeRecurringCostHandler,
    SetCostProfileHandler,
    SetCostSettingsHandler,
    ListCostsHandler,
    FindCostHandler,
    ListRecurringCostsHandler,
    FindRecurringCostHandler,
    CostProfileHandler,
    CostSettingsHandler,
  ],
})
export class CostsModule {}
