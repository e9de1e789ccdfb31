import { Module } from '@nestjs/common';
import { ImportPurchaseOrderHandler } from './commands/import-purchase-order';
import { PurchaseLineDesk } from './commands/purchase-line-desk';
import {
  ChangePurchaseOrderHandler,
  CreatePurchaseOrderHandler,
  EndPurchaseOrderHandler,
  OrderGoodsHandler,
  SavePurchasingSettingsHandler,
} from './commands/purchase-orders';
import { ReceivePurchaseOrderHandler } from './commands/receive-purchase-order';
import { ChangeSupplierHandler, ChangeSupplierItemsHandler, CreateSupplierHandler } from './commands/suppliers';
import { PurchaseOrderRepository } from './data/purchase-order.repository';
import { SupplierRepository } from './data/supplier.repository';
import { PurchaseOrdersController, ReplenishmentController } from './http/purchase-orders.controller';
import { SuppliersController } from './http/suppliers.controller';
import { PurchaseOrderDocumentHandler } from './queries/purchase-order-document';
import {
  FindPurchaseOrderHandler,
  ListPurchaseOrdersHandler,
  ListPurchaseReceiptsHandler,
  PurchasingSettingsHandler,
} from './queries/purchase-orders';
import { ReplenishmentHandler } from './queries/replenishment';
import { FindSupplierHandler, ListSupplierItemsHandler, ListSuppliersHandler } from './queries/suppliers';

/** What stands behind the routes of buying; part of the inventory, into which the goods come. */
export const PURCHASING_PROVIDERS = [
  SupplierRepository,
  PurchaseOrderRepository,
  PurchaseLineDesk,
  CreateSupplierHandler,
  ChangeSupplierHandler,
  ChangeSupplierItemsHandler,
  CreatePurchaseOrderHandler,
  ImportPurchaseOrderHandler,
  ChangePurchaseOrderHandler,
  OrderGoodsHandler,
  EndPurchaseOrderHandler,
  ReceivePurchaseOrderHandler,
  SavePurchasingSettingsHandler,
  FindSupplierHandler,
  ListSuppliersHandler,
  ListSupplierItemsHandler,
  FindPurchaseOrderHandler,
  ListPurchaseOrdersHandler,
  ListPurchaseReceiptsHandler,
  PurchaseOrderDocumentHandler,
  PurchasingSettingsHandler,
  ReplenishmentHandler,
];

/** Routes of buying: suppliers, purchase orders, what should be ordered. */
@Module({ controllers: [SuppliersController, PurchaseOrdersController, ReplenishmentController] })
export class PurchasingModule {}
