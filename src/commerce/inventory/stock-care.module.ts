import { Module } from '@nestjs/common';
import { CancelTransferHandler, ReceiveTransferHandler } from './commands/receive-transfer';
import { CreateTransferHandler, ShipTransferHandler } from './commands/transfers';
import { LandingRepository } from './data/landing.repository';
import { TransferRepository } from './data/transfer.repository';
import { TransfersController } from './http/transfers.controller';
import { FindTransferHandler, ListTransfersHandler, TransferViews } from './queries/transfer-view';

/** What stands behind the routes of the storeroom: goods between locations. */
export const STOCK_CARE_PROVIDERS = [
  TransferRepository,
  LandingRepository,
  TransferViews,
  CreateTransferHandler,
  ShipTransferHandler,
  ReceiveTransferHandler,
  CancelTransferHandler,
  FindTransferHandler,
  ListTransfersHandler,
];

/** Routes of the storeroom. */
@Module({ controllers: [TransfersController] })
export class StockCareModule {}
