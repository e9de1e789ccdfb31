import { Module } from '@nestjs/common';
import { ApproveCountHandler } from './commands/approve-count';
import { CancelTransferHandler, ReceiveTransferHandler } from './commands/receive-transfer';
import { RenameSerialHandler, SaveItemSettingsHandler } from './commands/item-settings';
import { SerialCounts } from './commands/serial-counts';
import { SerialTravel } from './commands/serial-travel';
import { MoveStockStatesHandler } from './commands/move-stock-states';
import { CancelCountHandler, OpenCountHandler, RecordCountHandler } from './commands/stock-counts';
import { CreateTransferHandler, ShipTransferHandler } from './commands/transfers';
import { CountSerialRepository } from './data/count-serial.repository';
import { CountRepository } from './data/count.repository';
import { ItemRepository } from './data/item.repository';
import { LandingRepository } from './data/landing.repository';
import { StateRepository } from './data/state.repository';
import { TransferRepository } from './data/transfer.repository';
import { SerialsController } from './http/serials.controller';
import { StockCountsController } from './http/stock-counts.controller';
import { StockStatesController } from './http/stock-states.controller';
import { TransfersController } from './http/transfers.controller';
import {
  CountViews,
  FindCountHandler,
  ListCountLinesHandler,
  ListCountSerialsHandler,
  ListCountsHandler,
} from './queries/stock-counts';
import {
  FindSerialHandler,
  ListItemSettingsHandler,
  ListSerialEventsHandler,
  ListSerialsHandler,
  SerialViews,
} from './queries/serials';
import { ListStateChangesHandler, ListUnavailableHandler } from './queries/stock-states';
import { FindTransferHandler, ListTransfersHandler, TransferViews } from './queries/transfer-view';

/** What stands behind the routes of the storeroom: goods between locations, pieces that cannot be sold, counts, serial numbers. */
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
  SerialTravel,
  ItemRepository,
  SerialViews,
  SaveItemSettingsHandler,
  RenameSerialHandler,
  FindSerialHandler,
  ListSerialsHandler,
  ListSerialEventsHandler,
  ListItemSettingsHandler,
  CountRepository,
  CountSerialRepository,
  SerialCounts,
  CountViews,
  OpenCountHandler,
  RecordCountHandler,
  ApproveCountHandler,
  CancelCountHandler,
  FindCountHandler,
  ListCountsHandler,
  ListCountLinesHandler,
  ListCountSerialsHandler,
];

/** Routes of the storeroom. */
@Module({ controllers: [TransfersController, StockStatesController, StockCountsController, SerialsController] })
export class StockCareModule {}
