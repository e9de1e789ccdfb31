import { Module } from '@nestjs/common';
import { CancelTransferHandler, ReceiveTransferHandler } from './commands/receive-transfer';
import { MoveStockStatesHandler } from './commands/move-stock-states';
import { CreateTransferHandler, ShipTransferHandler } from './commands/transfers';
import { LandingRepository } from './data/landing.repository';
import { StateRepository } from './data/state.repository';
import { TransferRepository } from './data/transfer.repository';
import { StockStatesController } from './http/stock-states.controller';
import { TransfersController } from './http/transfers.controller';
import { ListStateChangesHandler, ListUnavailableHandler } from './queries/stock-states';
import { FindTransferHandler, ListTransfersHandler, TransferViews } from './queries/transfer-view';

/** What stands behind the routes of the storeroom: goods between locations, pieces that cannot be sold. */
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
  StateRepository,
  MoveStockStatesHandler,
  ListUnavailableHandler,
  ListStateChangesHandler,
];

/** Routes of the storeroom. */
@Module({ controllers: [TransfersController, StockStatesController] })
export class StockCareModule {}
