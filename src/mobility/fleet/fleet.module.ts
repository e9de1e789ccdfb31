import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DispatchChannel } from './adapters/dispatch-channel';
import { FuelChannel } from './adapters/fuel-channel';
import { AssignmentSides } from './commands/assignment-sides';
import { DeviceDesk } from './commands/device-desk';
import { DeviceMeters } from './commands/device-meters';
import { DeviceFollower, FollowDevice } from './commands/device-follower';
import { FollowVehicleHandler } from './commands/follow-vehicle';
import { ForgetDriverHandler, ForgetDrivingPersonHandler } from './commands/forget-driver';
import { AssignToVehicleHandler, DeleteAssignmentHandler, EndAssignmentHandler } from './commands/manage-assignments';
import { ChangeDocumentHandler, CreateDocumentHandler, DeleteDocumentHandler } from './commands/manage-documents';
import { ChangeDriverHandler, CreateDriverHandler } from './commands/manage-drivers';
import { ChangeFleetHandler, CreateFleetHandler, DeleteFleetHandler } from './commands/manage-fleets';
import {
  ChangeFleetVehicleHandler,
  CreateFleetVehicleHandler,
  MoveFleetVehicleHandler,
} from './commands/manage-vehicles';
import { FuelCardDesk } from './commands/fuel-card-desk';
import { IdlingDesk } from './commands/idling-desk';
import { MakeFuelLevelsHandler } from './commands/make-fuel-levels';
import { MakeTripsHandler } from './commands/make-trips';
import { MeterDesk } from './commands/meter-desk';
import { OwnVehicles } from './commands/own-vehicles';
import { RecordReadingHandler } from './commands/record-reading';
import { RouteCancelling } from './commands/route-cancelling';
import { FollowTrips, TripFollower } from './commands/trip-follower';
import { VehicleEar } from './commands/vehicle-ear';
import { AssignmentRepository } from './data/assignment.repository';
import { CostRepository } from './data/cost.repository';
import { DispatchRepository } from './data/dispatch.repository';
import { DocumentRepository } from './data/document.repository';
import { FleetRepository } from './data/fleet.repository';
import { FuelCardMatchRepository } from './data/fuel-card-match.repository';
import { FuelCardRowRepository } from './data/fuel-card-row.repository';
import { FuelCardRepository } from './data/fuel-card.repository';
import { FuelEntryRepository } from './data/fuel-entry.repository';
import { FuelLevelRepository } from './data/fuel-level.repository';
import { IdlingRepository } from './data/idling.repository';
import { MeterSourceRepository } from './data/meter-source.repository';
import { MeterRepository } from './data/meter.repository';
import { TripRepository } from './data/trip.repository';
import { Driver } from './domain/driver';
import { Vehicle } from './domain/vehicle';
import { VehicleFleet } from './domain/vehicle-fleet';
import { DriversController } from './http/drivers.controller';
import { FleetVehiclesController } from './http/fleet-vehicles.controller';
import { FleetsController } from './http/fleets.controller';
import { TripsController } from './http/trips.controller';
import { FleetRetention } from './jobs/fleet-retention';
import { FollowVehicleJob } from './jobs/follow-vehicle';
import { ForgetDrivingPerson } from './jobs/forget-driving-person';
import { FindAssignmentHandler, ListAssignmentsHandler } from './queries/assignments';
import { FindDocumentHandler, ListDocumentsHandler } from './queries/documents';
import { FindDriverHandler, ListDriversHandler, OwnDriverHandler } from './queries/drivers';
import { FindFleetHandler, ListFleetsHandler } from './queries/fleets';
import { FindVehiclesHandler } from './queries/for-others';
import { NamesOfHandler } from './queries/names';
import { FindReadingHandler, ListReadingsHandler } from './queries/readings';
import { DrivingScoresHandler, FindTripHandler, ListTripsHandler } from './queries/trips';
import { FindVehicleHandler, ListVehiclesHandler } from './queries/vehicles';
import { FleetRooms } from './realtime/fleet-rooms';
import { AssignWhenTrackerGivenVehicle } from './reactions/assign-when-tracker-given-vehicle';
import { DocumentDue } from './reactions/document-due';
import { ForgetDriverWhenAccountDeleted } from './reactions/forget-driver-when-account-deleted';
import { TellWhenDocumentExpires } from './reactions/tell-when-document-expires';

/** Fleets, vehicles, drivers, who was with what and when, meters and papers. */
@Module({
  imports: [TypeOrmModule.forFeature([VehicleFleet, Vehicle, Driver])],
  controllers: [FleetsController, FleetVehiclesController, DriversController, TripsController],
  providers: [
    FleetRepository,
    AssignmentRepository,
    CostRepository,
    MeterRepository,
    MeterSourceRepository,
    DeviceMeters,
    DocumentRepository,
    FuelEntryRepository,
    FuelLevelRepository,
    FuelCardRepository,
    FuelCardRowRepository,
    FuelCardMatchRepository,
    FuelCardDesk,
    FuelChannel,
    MakeFuelLevelsHandler,
    TripRepository,
    IdlingRepository,
    IdlingDesk,
    DispatchRepository,
    DispatchChannel,
    RouteCancelling,
    FleetRetention,
    TripFollower,
    VehicleEar,
    FollowTrips,
    FollowVehicleHandler,
    FollowVehicleJob,
    MakeTripsHandler,
    ListTripsHandler,
    FindTripHandler,
    DrivingScoresHandler,
    DeviceFollower,
    DeviceDesk,
    AssignWhenTrackerGivenVehicle,
    FindVehiclesHandler,
    AssignmentSides,
    ForgetDriverHandler,
    ForgetDrivingPersonHandler,
    ForgetDrivingPerson,
    ForgetDriverWhenAccountDeleted,
    MeterDesk,
    OwnVehicles,
    CreateFleetHandler,
    ChangeFleetHandler,
    DeleteFleetHandler,
    CreateFleetVehicleHandler,
    ChangeFleetVehicleHandler,
    MoveFleetVehicleHandler,
    CreateDriverHandler,
    ChangeDriverHandler,
    AssignToVehicleHandler,
    EndAssignmentHandler,
    DeleteAssignmentHandler,
    RecordReadingHandler,
    CreateDocumentHandler,
    ChangeDocumentHandler,
    DeleteDocumentHandler,
    ListFleetsHandler,
    FindFleetHandler,
    ListVehiclesHandler,
    FindVehicleHandler,
    ListDriversHandler,
    FindDriverHandler,
    OwnDriverHandler,
    ListAssignmentsHandler,
    FindAssignmentHandler,
    ListReadingsHandler,
    FindReadingHandler,
    ListDocumentsHandler,
    FindDocumentHandler,
    NamesOfHandler,
    FollowDevice,
    FleetRooms,
    DocumentDue,
    TellWhenDocumentExpires,
  ],
  exports: [
    FleetRepository,
    AssignmentRepository,
    FuelEntryRepository,
    CostRepository,
    FuelLevelRepository,
    FuelCardRepository,
    FuelCardRowRepository,
    FuelCardDesk,
    DispatchRepository,
    DispatchChannel,
    RouteCancelling,
    MeterDesk,
    OwnVehicles,
  ],
})
export class FleetModule {}
