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
