import { Module } from '@nestjs/common';
import { CostsModule } from './costs.module';
import { CostFiguresController } from './http/cost-figures.controller';
import { FleetDashboardController } from './http/dashboard.controller';
import { TotalCostController } from './http/total-cost.controller';
import { CostSummaryHandler } from './queries/cost-summary';
import { FleetDashboardHandler } from './queries/dashboard';
import { EmissionsHandler } from './queries/emissions';
import { IdleCostsHandler } from './queries/idle-costs';
import { TotalCostHandler } from './queries/total-cost';
import { UtilisationHandler } from './queries/utilisation';

/** Figures of costs, fuel and trips: a kilometre, over a life, idling, CO2, how much vehicles are used, and all at a glance. */
@Module({
  imports: [CostsModule],
  controllers: [CostFiguresController, TotalCostController, FleetDashboardController],
  providers: [
    CostSummaryHandler,
    TotalCostHandler,
    IdleCostsHandler,
    EmissionsHandler,
    UtilisationHandler,
    FleetDashboardHandler,
  ],
})
export class CostFiguresModule {}
