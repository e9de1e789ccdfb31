import { Module } from '@nestjs/common';
import { ChangeFuelEntryHandler, DeleteFuelEntryHandler, EnterFuelHandler } from './commands/manage-fuel-entries';
import { FleetModule } from './fleet.module';
import { FuelEntriesController } from './http/fuel-entries.controller';
import { FindFuelEntryHandler, ListFuelEntriesHandler } from './queries/fuel-entries';

/** Fuel of vehicles: what was filled in, what the tank says, and what cards paid. */
@Module({
  imports: [FleetModule],
  controllers: [FuelEntriesController],
  providers: [
    EnterFuelHandler,
    ChangeFuelEntryHandler,
    DeleteFuelEntryHandler,
    ListFuelEntriesHandler,
    FindFuelEntryHandler,
  ],
})
export class FuelModule {}
