import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CommitHoldHandler } from './commands/commit-hold';
import { CreateLocationHandler } from './commands/create-location';
import { FulfilHoldHandler } from './commands/fulfil-hold';
import { HoldCloser } from './commands/hold-closer';
import { HoldStockHandler } from './commands/hold-stock';
import { ReceiveStockHandler } from './commands/receive-stock';
import { ReleaseHoldHandler } from './commands/release-hold';
import { SetStockHandler } from './commands/set-stock';
import { StockDesk } from './commands/stock-desk';
import { JournalRepository } from './data/journal.repository';
import { LocationRepository } from './data/location.repository';
import { ReservationRepository } from './data/reservation.repository';
import { StockRepository } from './data/stock.repository';
import { Location } from './domain/location';
import { AvailabilityHandler } from './queries/availability';
import { ReleaseLapsedHold } from './reactions/release-lapsed-hold';

@Module({
  imports: [TypeOrmModule.forFeature([Location])],
  providers: [
    StockRepository,
    ReservationRepository,
    JournalRepository,
    LocationRepository,
    StockDesk,
    HoldCloser,
    HoldStockHandler,
    CommitHoldHandler,
    ReleaseHoldHandler,
    FulfilHoldHandler,
    ReceiveStockHandler,
    SetStockHandler,
    CreateLocationHandler,
    AvailabilityHandler,
    ReleaseLapsedHold,
  ],
})
export class InventoryModule {}
