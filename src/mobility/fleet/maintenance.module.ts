import { Module } from '@nestjs/common';
import { MaintenanceMoment, MaintenanceWatch, WatchMaintenanceWhenMeterRead } from './commands/maintenance-watch';
import { ChangeChecklistHandler, CreateChecklistHandler, InspectVehicleHandler } from './commands/manage-inspections';
import {
  CreateMaintenancePlanHandler,
  CreateWarrantyHandler,
  ScheduleMaintenanceHandler,
} from './commands/manage-maintenance';
import { AddWorkOrderLineHandler, MoveWorkOrderHandler, OpenWorkOrderHandler } from './commands/manage-work-orders';
import { InspectionRepository } from './data/inspection.repository';
import { MaintenanceRepository } from './data/maintenance.repository';
import { WorkOrderRepository } from './data/work-order.repository';
import { FleetModule } from './fleet.module';
import { InspectionsController } from './http/inspections.controller';
import { MaintenanceController } from './http/maintenance.controller';
import {
  FindChecklistHandler,
  FindInspectionHandler,
  ListChecklistsHandler,
  ListInspectionsHandler,
} from './queries/inspections';
import {
  FindPlanHandler,
  FindScheduleHandler,
  FindWarrantyHandler,
  ListPlansHandler,
  ListSchedulesHandler,
  ListWarrantiesHandler,
} from './queries/maintenance';
import { FindWorkOrderHandler, ListWorkOrdersHandler } from './queries/work-orders';
import {
  TellWhenInspectionFailed,
  TellWhenMaintenanceDue,
  TellWhenMaintenanceUpcoming,
} from './reactions/tell-of-maintenance';

/** Maintenance, work orders, warranties and inspections of vehicles. */
@Module({
  imports: [FleetModule],
  controllers: [MaintenanceController, InspectionsController],
  providers: [
    MaintenanceRepository,
    WorkOrderRepository,
    InspectionRepository,
    MaintenanceWatch,
    MaintenanceMoment,
    WatchMaintenanceWhenMeterRead,
    CreateMaintenancePlanHandler,
    ScheduleMaintenanceHandler,
    CreateWarrantyHandler,
    OpenWorkOrderHandler,
    MoveWorkOrderHandler,
    AddWorkOrderLineHandler,
    CreateChecklistHandler,
    ChangeChecklistHandler,
    InspectVehicleHandler,
    ListPlansHandler,
    FindPlanHandler,
    ListSchedulesHandler,
    FindScheduleHandler,
    ListWarrantiesHandler,
    FindWarrantyHandler,
    ListWorkOrdersHandler,
    FindWorkOrderHandler,
    ListChecklistsHandler,
    FindChecklistHandler,
    ListInspectionsHandler,
    FindInspectionHandler,
    TellWhenMaintenanceUpcoming,
    TellWhenMaintenanceDue,
    TellWhenInspectionFailed,
  ],
})
export class MaintenanceModule {}
