import { Module } from '@nestjs/common';
import { ChangeSupplierHandler, ChangeSupplierItemsHandler, CreateSupplierHandler } from './commands/suppliers';
import { SupplierRepository } from './data/supplier.repository';
import { SuppliersController } from './http/suppliers.controller';
import { FindSupplierHandler, ListSupplierItemsHandler, ListSuppliersHandler } from './queries/suppliers';

/** What stands behind the routes of buying; part of the inventory, into which the goods come. */
export const PURCHASING_PROVIDERS = [
  SupplierRepository,
  CreateSupplierHandler,
  ChangeSupplierHandler,
  ChangeSupplierItemsHandler,
  FindSupplierHandler,
  ListSuppliersHandler,
  ListSupplierItemsHandler,
];

/** Routes of buying: suppliers and what they sell. */
@Module({ controllers: [SuppliersController] })
export class PurchasingModule {}
