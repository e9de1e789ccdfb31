import { conflict, invalid, notFound, type AppError } from '../../../kernel/errors/app-error';

export const fuelEntryNotFound = (): AppError =>
  notFound('fleet.fuel-entry-not-found', 'Nothing of this id was filled in.');
export const fuelNone = (): AppError =>
  conflict('fleet.fuel-none', 'Nothing is filled into this vehicle.', {
    hint: 'Say its kind of fuel first (PATCH /fleet-vehicles/{id}), or send `fuelType`.',
  });
export const fuelAhead = (): AppError =>
  invalid('fleet.fuel-ahead', 'This is still to come.', {
    errors: [{ pointer: '/at', code: 'future', detail: 'Give the time at which it was filled in.' }],
  });

export const fuelSensorNotFound = (): AppError => notFound('fleet.fuel-sensor-not-found', 'No such sensor of a tank.');
export const fuelSensorTaken = (): AppError =>
  conflict('fleet.fuel-sensor-exists', 'The vehicle has another table from this moment on.');
export const fuelSensorPoints = (): AppError =>
  invalid('fleet.fuel-sensor-points', 'It is not known what the values of this sensor mean.', {
    errors: [{ pointer: '/points', code: 'required', detail: 'Give points from 0 on, or say what the tank holds.' }],
  });
export const fuelChangeNotFound = (): AppError =>
  notFound('fleet.fuel-change-not-found', 'No such refill or loss of fuel.');
export const fuelChangeReason = (): AppError =>
  invalid('fleet.fuel-change-reason', 'Say why this was none.', {
    errors: [{ pointer: '/reason', code: 'required', detail: 'What is dismissed has a reason.' }],
  });
export const fuelChangeState = (state: string): AppError =>
  conflict('fleet.fuel-change-state', `This is ${state} already.`, { state });
export const fuelPeriod = (): AppError =>
  invalid('fleet.fuel-period', 'A period ends after it begins, a year later at most.', {
    errors: [{ pointer: '/to', code: 'period', detail: 'Give a time after `from`, at most 366 days later.' }],
  });
