import { Module } from '@nestjs/common';
import { DecideFuelChangeHandler } from './commands/decide-fuel-change';
import { DropFuelReceiptsHandler } from './commands/drop-fuel-receipts';
import { ImportFuelCardFileHandler } from './commands/import-fuel-card-file';
import { ImportFuelCardRowsHandler } from './commands/import-fuel-card-rows';
import {
  AssignFuelCardHandler,
  CreateFuelCardHandler,
  EndFuelCardAssignmentHandler,
  LabelFuelCardHandler,
  SettleFuelCardRowHandler,
} from './commands/manage-fuel-cards';
import { ChangeFuelEntryHandler, DeleteFuelEntryHandler, EnterFuelHandler } from './commands/manage-fuel-entries';
import { CreateFuelSensorHandler, DeleteFuelSensorHandler } from './commands/manage-fuel-sensors';
import { FleetModule } from './fleet.module';
import { FuelCardsController } from './http/fuel-cards.controller';
import { FuelEntriesController } from './http/fuel-entries.controller';
import { FuelLevelsController } from './http/fuel-levels.controller';
import { FuelRetention } from './jobs/fuel-retention';
import { FindFuelCardRowHandler, ListFuelCardRowsHandler } from './queries/fuel-card-rows';
import { FindFuelCardHandler, ListFuelCardHoldersHandler, ListFuelCardsHandler } from './queries/fuel-cards';
import { FuelConsumptionHandler } from './queries/fuel-consumption';
import { FindFuelEntryHandler, ListFuelEntriesHandler } from './queries/fuel-entries';
import {
  FindFuelChangeHandler,
  FindFuelSensorHandler,
  ListFuelChangesHandler,
  ListFuelLevelsHandler,
  ListFuelSensorsHandler,
} from './queries/fuel-levels';
import { TellWhenFuelLost } from './reactions/tell-of-fuel';

/** Fuel of vehicles: what was filled in, what the sensor of the tank says, and what cards paid. */
@Module({
  imports: [FleetModule],
  controllers: [FuelCardsController, FuelEntriesController, FuelLevelsController],
  providers: [
    EnterFuelHandler,
    ChangeFuelEntryHandler,
    DeleteFuelEntryHandler,
    CreateFuelSensorHandler,
    DeleteFuelSensorHandler,
    DecideFuelChangeHandler,
    DropFuelReceiptsHandler,
    FuelRetention,
    ListFuelEntriesHandler,
    FindFuelEntryHandler,
    ListFuelSensorsHandler,
    FindFuelSensorHandler,
    ListFuelLevelsHandler,
    ListFuelChangesHandler,
    FindFuelChangeHandler,
    FuelConsumptionHandler,
    TellWhenFuelLost,
    CreateFuelCardHandler,
    LabelFuelCardHandler,
    AssignFuelCardHandler,
    EndFuelCardAssignmentHandler,
    SettleFuelCardRowHandler,
    ImportFuelCardRowsHandler,
    ImportFuelCardFileHandler,
    ListFuelCardsHandler,
    FindFuelCardHandler,
    ListFuelCardHoldersHandler,
    ListFuelCardRowsHandler,
    FindFuelCardRowHandler,
  ],
})
export class FuelModule {}
