import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';
import { MOST_FENCES, MOST_OF_ALL } from './fence';
import type { PlaceFault } from './places.errors';
import type { ShapeFault } from './shape';

export const trackerNotFound = (): AppError => notFound('location.tracker-not-found', 'No such tracker.');
export const trackerInVehicle = (): AppError =>
  new AppError('location.tracker-in-vehicle', 'conflict', 'The tracker is in a vehicle.', {
    hint: 'End its assignment to the vehicle first, or send PATCH with vehicleId null.',
  });
export const vehicleNotFound = (): AppError =>
  notFound('location.vehicle-not-found', 'No such vehicle.', {
    errors: [{ pointer: '/vehicleId', code: 'not-found', detail: 'The organization has no such vehicle.' }],
    hint: 'Name one of GET /api/v1/fleet-vehicles, or leave vehicleId out.',
  });
export const vehicleRetired = (): AppError =>
  conflict('location.vehicle-retired', 'This vehicle is retired.', { hint: 'Name a vehicle that is driven.' });
export const fleetNotFound = (): AppError => notFound('location.fleet-not-found', 'No such fleet.');
export const nothingNamed = (): AppError =>
  invalid('location.nothing-named', 'Nothing to follow is named.', { hint: 'Send trackerIds, fleetId, or both.' });
export const fenceNotFound = (): AppError => notFound('location.geofence-not-found', 'No such geofence.');

export const keyRequired = (): AppError =>
  new AppError('location.tracker-key-required', 'unauthenticated', 'A tracker tells its positions with its key.', {
    hint: 'Send X-Tracker-Key, in the way of OsmAnd `id`, or a token with the permission location:write.',
  });

export const keyUnknown = (): AppError =>
  new AppError('location.tracker-key-unknown', 'unauthenticated', 'No active tracker has this key.', {
    hint: 'POST /api/v1/trackers/{id}/key makes a new one.',
  });

/** Back-pressure: more waits to be written than is good. Of a long request a part may be kept, of a short one nothing is. */
export const busy = (): AppError =>
  new AppError('location.busy', 'unavailable', 'Too many positions wait to be written.', {
    hint: 'Send the same positions again; what was kept already counts as a duplicate.',
    retryAfterSeconds: 1,
  });

export const batchTooLong = (most: number): AppError =>
  invalid('location.batch-too-long', `A request has at most ${most} positions.`, { hint: 'Send them in several.' });

export const tooMuchTold = (retryAfterSeconds: number): AppError =>
  new AppError('location.tracker-limit', 'too-many', 'This tracker tells more positions than a device measures.', {
    hint: 'Wait for Retry-After seconds, and send at most twenty positions a second.',
    retryAfterSeconds,
  });

export const badShape = ({ code, pointer, detail }: ShapeFault): AppError =>
  invalid('location.shape-invalid', detail, { errors: [{ pointer: `/shape${pointer}`, code, detail }] });

export const badSchedule = ({ code, pointer, detail }: PlaceFault): AppError =>
  invalid('location.schedule-invalid', detail, { errors: [{ pointer: `/schedule${pointer}`, code, detail }] });

export const badRange = (detail: string): AppError =>
  invalid('location.range-invalid', detail, { hint: 'Ask for at most 31 days, from before to.' });

export const tooManyPositions = (most: number): AppError =>
  invalid('location.too-many-positions', `The period has more than ${most} positions.`, {
    hint: 'Ask for a shorter one.',
  });

export const trackerInactive = (): AppError =>
  new AppError('location.tracker-inactive', 'conflict', 'The tracker is not active.', {
    hint: 'PATCH /api/v1/trackers/{id} with active true, then import again.',
  });

export const badGpx = (code: string, detail: string, line: number): AppError =>
  invalid('location.gpx-invalid', `The file is no GPX that can be read: line ${line}.`, {
    hint: 'Send a whole file of GPX 1.0 or 1.1; nothing of this one was kept.',
    errors: [{ pointer: `line ${line}`, code, detail }],
  });

export const badPeriod = (detail: string): AppError =>
  invalid('location.period-invalid', detail, {
    hint: 'Ask for less: a shorter period, fewer trackers or wider steps.',
  });

export const tooManyToCount = (most: number): AppError =>
  invalid('location.too-many-to-count', `More than ${most} positions would have to be counted.`, {
    hint: 'Ask for a shorter period, or for fewer trackers.',
  });

export const stillCounting = (): AppError =>
  new AppError('location.counting', 'too-many', 'Several questions of this organization are being counted.', {
    hint: 'Wait for one of them to be answered.',
    retryAfterSeconds: 2,
  });

export const tooManyCells = (most: number): AppError =>
  invalid('location.too-many-cells', `The map has more than ${most} cells.`, {
    hint: 'Ask for a lower resolution, or for a smaller box.',
  });

export const tooManyFences = (): AppError =>
  new AppError(
    'location.too-many-geofences',
    'conflict',
    `An organization has at most ${MOST_FENCES} geofences of ${MOST_OF_ALL} positions together.`,
    { hint: 'Delete geofences that are not needed, or draw them with fewer positions.' },
  );
