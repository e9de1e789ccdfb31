import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { AuditModule } from './access/audit/audit.module';
import { IdentityModule } from './access/identity/identity.module';
import { OrganizationsModule } from './access/organizations/organizations.module';
import { CatalogImportsModule } from './commerce/catalog/catalog-imports.module';
import { CatalogModule } from './commerce/catalog/catalog.module';
import { CustomersModule } from './commerce/customers/customers.module';
import { InventoryModule } from './commerce/inventory/inventory.module';
import { OrdersModule } from './commerce/orders/orders.module';
import { PurchasingModule } from './commerce/inventory/purchasing.module';
import { StockCareModule } from './commerce/inventory/stock-care.module';
import { PricingModule } from './commerce/orders/pricing.module';
import { ChatModule } from './engagement/chat/chat.module';
import { LocationModule } from './mobility/location/location.module';
import { FilesModule } from './engagement/files/files.module';
import { NotificationsModule } from './engagement/notifications/notifications.module';
import { ClockModule } from './kernel/clock/clock.controller';
import type { Config } from './kernel/config/config';
import { DeliveriesModule } from './kernel/messaging/deliveries.controller';
import { KernelModule } from './kernel/kernel.module';
import { BoardModule } from './kernel/messaging/board/board.module';
import { QueuesModule } from './kernel/messaging/queues.module';
import { ConnectionsModule } from './kernel/realtime/connections.controller';
import { RealtimeModule } from './kernel/realtime/realtime.module';
import { PlacesModule } from './mobility/location/places.module';
import { RoutePlanningModule } from './mobility/location/route-planning.module';
import { PaymentsModule } from './money/payments/payments.module';
import { SandboxModule } from './money/sandbox/sandbox.module';
import { FraudModule } from './money/fraud/fraud.module';
import { LedgerModule } from './money/ledger/ledger.module';
import { FleetModule } from './mobility/fleet/fleet.module';
import { CostFiguresModule } from './mobility/fleet/cost-figures.module';
import { CostsModule } from './mobility/fleet/costs.module';
import { DispatchModule } from './mobility/fleet/dispatch.module';
import { FuelModule } from './mobility/fleet/fuel.module';
import { MaintenanceModule } from './mobility/fleet/maintenance.module';

/** Every context of the product, area by area. */
export const CONTEXTS: Type[] = [
  AuditModule,
  OrganizationsModule,
  IdentityModule,
  CatalogModule,
  CatalogImportsModule,
  CustomersModule,
  InventoryModule,
  OrdersModule,
  PricingModule,
  PurchasingModule,
  StockCareModule,
  FilesModule,
  NotificationsModule,
  ChatModule,
  PaymentsModule,
  SandboxModule,
  FraudModule,
  LedgerModule,
  RoutePlanningModule,
  LocationModule,
  FleetModule,
  MaintenanceModule,
  CostsModule,
  CostFiguresModule,
  DispatchModule,
  FuelModule,
  PlacesModule,
];

/** The whole product: the kernel and the list of contexts, nothing else. */
@Module({})
export class AppModule {
  /** @param options.served false for the command line, which answers no requests: no board, no pages */
  static register(config: Config, options: { served?: boolean } = {}): DynamicModule {
    const served = options.served ?? true;
    const edges = [
      QueuesModule,
      RealtimeModule,
      ...(served ? [BoardModule, DeliveriesModule, ConnectionsModule] : []),
      ...(config.isProduction ? [] : [ClockModule]),
    ];
    return { module: AppModule, imports: [KernelModule.register(config), ...edges, ...CONTEXTS] };
  }
}
