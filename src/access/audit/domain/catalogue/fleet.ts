import type { ActionList } from './action';

/** Fleets. One line each, in alphabetical order. */
export const FLEET: ActionList = {
  AssignToVehicle: ['data', 'A driver, a device or a trailer was put with a vehicle.'],
  ChangeDocument: ['data', 'A paper of a vehicle or driver was changed.'],
  ChangeDriver: ['data', 'A driver was changed.'],
  ChangeFleet: ['data', 'A fleet was changed.'],
  ChangeFleetVehicle: ['data', 'A vehicle was changed.'],
  CreateDocument: ['data', 'A paper of a vehicle or driver was entered.'],
  CreateDriver: ['data', 'A driver was entered.'],
  CreateFleet: ['data', 'A fleet was made.'],
  CreateFleetVehicle: ['data', 'A vehicle was entered.'],
  DeleteAssignment: ['data', 'An assignment to a vehicle was taken back.'],
  DeleteDocument: ['data', 'A paper of a vehicle or driver was deleted.'],
  DeleteFleet: ['data', 'A fleet was deleted.'],
  EndAssignment: ['data', 'It was said when an assignment to a vehicle ends.'],
  MoveFleetVehicle: ['data', 'A vehicle went out of service, back in, or for good.'],
  RecordReading: ['data', 'A meter of a vehicle was read.'],
};
