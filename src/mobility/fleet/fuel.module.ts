import { Module } from '@nestjs/common';
import { DecideFuelChangeHandler } from './commands/decide-fuel-change';
import { DropFuelReceiptsHandler } from './commands/drop-fuel-receipts';
import { ChangeFuelEntryHandler, DeleteFuelEntryHandler, EnterFuelHandler } from './commands/manage-fuel-entries';
import { CreateFuelSensorHandler, DeleteFuelSensorHandler } from './commands/manage-fuel-sensors';
import { FleetModule } from './fleet.module';
import { FuelEntriesController } from './http/fuel-entries.controller';
import { FuelLevelsController } from './http/fuel-levels.controller';
import { FuelRetention } from './jobs/fuel-retention';
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

/** Fuel of vehicles: what was filled in, and what the sensor of the tank says. */
@Module({
  imports: [FleetModule],
  controllers: [FuelEntriesController, FuelLevelsController],
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
  ],
})
export class FuelModule {}
