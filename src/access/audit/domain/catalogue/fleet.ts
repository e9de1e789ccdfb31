import type { ActionList } from './action';

/** Fleets. One line each, in alphabetical order. */
export const FLEET: ActionList = {
  AddWorkOrderLine: ['data', 'Labour, costs or parts were added to a work order.'],
  AssignToVehicle: ['data', 'A driver, a device or a trailer was put with a vehicle.'],
  ChangeChecklist: ['data', 'A checklist of inspections was changed.'],
  ChangeDocument: ['data', 'A paper of a vehicle or driver was changed.'],
  ChangeDriver: ['data', 'A driver was changed.'],
  ChangeFleet: ['data', 'A fleet was changed.'],
  ChangeFleetVehicle: ['data', 'A vehicle was changed.'],
  CreateChecklist: ['data', 'A checklist of inspections was made.'],
  CreateDocument: ['data', 'A paper of a vehicle or driver was entered.'],
  CreateDriver: ['data', 'A driver was entered.'],
  CreateFleet: ['data', 'A fleet was made.'],
  CreateFleetVehicle: ['data', 'A vehicle was entered.'],
  CreateMaintenancePlan: ['data', 'A plan of maintenance was made.'],
  CreateWarranty: ['data', 'A warranty of a vehicle was entered.'],
  DeleteAssignment: ['data', 'An assignment to a vehicle was taken back.'],
  DeleteDocument: ['data', 'A paper of a vehicle or driver was deleted.'],
  DeleteFleet: ['data', 'A fleet was deleted.'],
  EndAssignment: ['data', 'It was said when an assignment to a vehicle ends.'],
  InspectVehicle: ['data', 'A vehicle was inspected.'],
  MoveFleetVehicle: ['data', 'A vehicle went out of service, back in, or for good.'],
  MoveWorkOrder: ['data', 'A work order was begun, held, completed or called off.'],
  OpenWorkOrder: ['data', 'A work order was opened.'],
  RecordReading: ['data', 'A meter of a vehicle was read.'],
  ScheduleMaintenance: ['data', 'A vehicle was given a plan of maintenance.'],
};
