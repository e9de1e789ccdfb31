import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ResourceLimits } from '../../kernel/limits/resource-limits';
import { AcknowledgeAlertHandler } from './commands/acknowledge-alert';
import { IssueStockHandler } from './commands/issue-stock';
import { AdjustStockHandler } from './commands/adjust-stock';
import { ChangeAlertDefaultsHandler, ChangeThresholdsHandler } from './commands/change-thresholds';
import { AllocateBackordersHandler } from './commands/allocate-backorders';
import { CommitHoldHandler } from './commands/commit-hold';
import { ChangeLocationHandler } from './commands/change-location';
import { CreateLocationHandler } from './commands/create-location';
import { GoodsIn } from './commands/goods-in';
import { FulfilHoldHandler } from './commands/fulfil-hold';
import { HoldCloser } from './commands/hold-closer';
import { HoldStockHandler } from './commands/hold-stock';
import { HoldSuccession } from './commands/hold-succession';
import { LineCheck } from './commands/line-check';
import { DigestTeller } from './commands/digest-teller';
import { LookPlan } from './commands/look-plan';
import { LotCounter } from './commands/lot-counter';
import { PlanStockDigestHandler } from './commands/plan-stock-digest';
import { ReceiveStockHandler } from './commands/receive-stock';
import { ReleaseHoldHandler } from './commands/release-hold';
import { RenewHoldHandler } from './commands/renew-hold';
import { RestockHandler } from './commands/restock';
import { SaveBackorderTermsHandler } from './commands/save-backorder-terms';
import { SetCartHoldHandler } from './commands/set-cart-hold';
import { SetStockHandler } from './commands/set-stock';
import { SerialCorrections } from './commands/serial-corrections';
import { SerialDesk } from './commands/serial-desk';
import { StockDesk } from './commands/stock-desk';
import { StockWatch } from './commands/stock-watch';
import { AlertRepository } from './data/alert.repository';
import { DigestRepository } from './data/digest.repository';
import { IncomingRepository } from './data/incoming.repository';
import { BackorderRepository } from './data/backorder.repository';
import { JournalRepository } from './data/journal.repository';
import { LocationRepository } from './data/location.repository';
import { LotRepository } from './data/lot.repository';
import { ReservationRepository } from './data/reservation.repository';
import { SerialRepository } from './data/serial.repository';
import { StockRepository } from './data/stock.repository';
import { ThresholdRepository } from './data/threshold.repository';
import { Location } from './domain/location';
import { Supplier } from './domain/supplier';
import { StockAlertsController } from './http/alerts.controller';
import { BackordersController } from './http/backorders.controller';
import { InventoryController } from './http/inventory.controller';
import { AlertView } from './queries/alert-view';
import { AllocationsOfHandler } from './queries/allocations-of';
import { AvailabilityHandler } from './queries/availability';
import { RefusedCountsHandler } from './queries/refused-counts';
import { InventoryReportHandler } from './queries/inventory-report';
import { ListAlertsHandler } from './queries/list-alerts';
import { ListBackordersHandler } from './queries/list-backorders';
import { ListAvailabilityHandler } from './queries/list-availability';
import { ListLevelsHandler } from './queries/list-levels';
import { FindLocationHandler, ListLocationsHandler } from './queries/list-locations';
import { ListLotsHandler } from './queries/list-lots';
import { LotLabelHandler } from './queries/lot-label';
import { ListMovementsHandler } from './queries/list-movements';
import { AlertDefaultsHandler, ListThresholdsHandler, StockDigestPlanHandler } from './queries/thresholds';
import { CartHoldRetention } from './jobs/cart-hold-retention';
import { TellStaffOfStockAlert } from './jobs/tell-staff-of-stock-alert';
import { PURCHASING_PROVIDERS } from './purchasing.module';
import { SendStockDigest } from './reactions/send-stock-digest';
import { LookAtStock } from './reactions/look-at-stock';
import { AllocateWhenStockInReach } from './reactions/allocate-when-stock-in-reach';
import { PushWhenStockChanged } from './reactions/push-when-stock-changed';
import { ReleaseLapsedHold } from './reactions/release-lapsed-hold';
import { STOCK_CARE_PROVIDERS } from './stock-care.module';
import { TellStaffWhenStockAlertRaised } from './reactions/tell-staff-when-stock-alert-raised';

/** Stock: locations, levels, timed holds, movements, alerts. */
@Module({
  imports: [TypeOrmModule.forFeature([Location, Supplier])],
  controllers: [BackordersController, InventoryController, StockAlertsController],
  providers: [
    StockRepository,
    IncomingRepository,
    AlertRepository,
    ThresholdRepository,
    AlertView,
    StockWatch,
    LookPlan,
    ReservationRepository,
    JournalRepository,
    LocationRepository,
    LotRepository,
    BackorderRepository,
    StockDesk,
    SerialRepository,
    SerialDesk,
    SerialCorrections,
    LotCounter,
    LineCheck,
    GoodsIn,
    HoldCloser,
    HoldSuccession,
    CartHoldRetention,
    HoldStockHandler,
    SetCartHoldHandler,
    CommitHoldHandler,
    ReleaseHoldHandler,
    RenewHoldHandler,
    FulfilHoldHandler,
    RestockHandler,
    AdjustStockHandler,
    IssueStockHandler,
    ReceiveStockHandler,
    SetStockHandler,
    CreateLocationHandler,
    ChangeLocationHandler,
    AcknowledgeAlertHandler,
    ChangeThresholdsHandler,
    ChangeAlertDefaultsHandler,
    AvailabilityHandler,
    RefusedCountsHandler,
    AllocationsOfHandler,
    ListLotsHandler,
    LotLabelHandler,
    InventoryReportHandler,
    ListAvailabilityHandler,
    ListLevelsHandler,
    ListMovementsHandler,
    ListAlertsHandler,
    ListLocationsHandler,
    FindLocationHandler,
    ListThresholdsHandler,
    AlertDefaultsHandler,
    AllocateBackordersHandler,
    SaveBackorderTermsHandler,
    ListBackordersHandler,
    AllocateWhenStockInReach,
    ReleaseLapsedHold,
    LookAtStock,
    DigestRepository,
    DigestTeller,
    PlanStockDigestHandler,
    StockDigestPlanHandler,
    SendStockDigest,
    PushWhenStockChanged,
    TellStaffWhenStockAlertRaised,
    TellStaffOfStockAlert,
    ...PURCHASING_PROVIDERS,
    ...STOCK_CARE_PROVIDERS,
  ],
})
export class InventoryModule {
  constructor(limits: ResourceLimits) {
    limits.register({
      name: 'locations',
      count: 'select count(*)::int as used from inventory.locations where tenant_id = $1 and created_at >= $2',
    });
  }
}
