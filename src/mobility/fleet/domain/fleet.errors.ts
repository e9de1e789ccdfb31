import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';

export const fleetNotFound = (): AppError => notFound('fleet.fleet-not-found', 'No such fleet.');
export const vehicleNotFound = (): AppError => notFound('fleet.vehicle-not-found', 'No such vehicle.');
export const driverNotFound = (): AppError => notFound('fleet.driver-not-found', 'No such driver.');
export const assignmentNotFound = (): AppError => notFound('fleet.assignment-not-found', 'No such assignment.');
export const documentNotFound = (): AppError => notFound('fleet.document-not-found', 'No such document.');
export const subjectNotFound = (kind: string): AppError =>
  notFound('fleet.subject-not-found', `No such ${kind === 'device' ? 'tracker' : kind}.`, {
    errors: [{ pointer: '/subjectId', code: 'unknown', detail: `Give the id of a ${kind}.` }],
  });

export const fleetNameTaken = (): AppError =>
  conflict('fleet.fleet-name-taken', 'There is a fleet of this name already.');
export const fleetNotEmpty = (): AppError =>
  conflict('fleet.fleet-not-empty', 'Vehicles belong to this fleet.', { hint: 'Move them to another fleet first.' });

export const vinInvalid = (fault: 'form' | 'check-digit'): AppError => {
  const detail =
    fault === 'form'
      ? 'A VIN has 17 letters and digits, without I, O and Q.'
      : 'The ninth sign is not the check digit of this VIN.';
  return invalid('fleet.vin-invalid', detail, { errors: [{ pointer: '/vin', code: fault, detail }] });
};
export const calibrationInvalid = (pointer: string, detail: string): AppError =>
  invalid('fleet.calibration-invalid', detail, { errors: [{ pointer, code: 'disordered', detail }] });
export const vinTaken = (): AppError => conflict('fleet.vin-taken', 'Another vehicle has this VIN.');
export const plateTaken = (): AppError => conflict('fleet.plate-taken', 'Another vehicle has this number plate.');
export const classFixed = (): AppError =>
  conflict('fleet.class-fixed', 'A vehicle does not become a trailer, nor a trailer a vehicle.');
export const vehicleStateEdge = (from: string, to: string): AppError =>
  conflict(
    'fleet.vehicle-state',
    `A vehicle that is ${from.replaceAll('_', ' ')} cannot become ${to.replaceAll('_', ' ')}.`,
    {
      state: from,
    },
  );
export const vehicleRetired = (): AppError => conflict('fleet.vehicle-retired', 'This vehicle is retired.');
export const stale = (version: number): AppError =>
  new AppError('fleet.stale', 'precondition-failed', 'This was changed by somebody else meanwhile.', {
    hint: 'Read it again and repeat the change.',
    version,
  });

export const userUnknown = (): AppError =>
  invalid('fleet.user-unknown', 'Nobody of this id belongs to the organization.', {
    errors: [{ pointer: '/userId', code: 'unknown', detail: 'Give the id of a member.' }],
  });
export const driverUserTaken = (): AppError => conflict('fleet.user-taken', 'Another driver is this user already.');
export const employeeNumberTaken = (): AppError =>
  conflict('fleet.employee-number-taken', 'Another driver has this number.');
export const driverInactive = (): AppError => conflict('fleet.driver-inactive', 'This driver does not drive any more.');
/** Routes are given to it that nobody else would drive. */
export const routesOpen = (whose: 'driver' | 'vehicle'): AppError =>
  conflict('fleet.routes-open', `The ${whose} has routes that are not finished.`, {
    hint: `Give them to another ${whose} first (PATCH /dispatch-routes/{id}), or call their dispatch off.`,
  });
export const noDriver = (): AppError =>
  notFound('fleet.no-driver', 'You are not entered as a driver.', { hint: 'Ask whoever manages the fleet.' });

export const assignmentOverlaps = (whose: 'vehicle' | 'subject', kind: string): AppError =>
  conflict(
    'fleet.assignment-overlaps',
    whose === 'vehicle'
      ? `The vehicle has another ${kind} in this period.`
      : `The ${kind} is with another vehicle in this period.`,
    { hint: 'End that assignment first, or choose another period.', of: whose },
  );
export const assignmentSubject = (detail: string): AppError =>
  invalid('fleet.assignment-invalid', detail, { errors: [{ pointer: '/kind', code: 'not-for-it', detail }] });
export const periodInvalid = (pointer = '/until'): AppError =>
  invalid('fleet.period-invalid', 'A period ends after it begins.', {
    errors: [{ pointer, code: 'before-start', detail: 'Give a later time.' }],
  });
export const assignmentBegun = (): AppError =>
  conflict('fleet.assignment-begun', 'What has begun is ended, not deleted.', { hint: 'PATCH it with `until`.' });

export const notForDrivers = (): AppError =>
  new AppError(
    'fleet.not-for-drivers',
    'forbidden',
    'A driver enters readings; meters are set by whoever manages the fleet.',
    {
      hint: 'Ask for `fleet:write`.',
    },
  );

export const meterBackwards = (before: number | null, after: number | null): AppError =>
  conflict('fleet.meter-backwards', 'A meter does not go backwards.', {
    hint: 'Where an earlier reading was wrong send a correction with its reason; where the meter was exchanged, a replacement.',
    before,
    after,
  });
export const readingNotLatest = (): AppError =>
  conflict('fleet.reading-not-latest', 'A correction or replacement comes after every other reading.');
export const readingAhead = (): AppError =>
  invalid('fleet.reading-ahead', 'This reading is from the future.', {
    errors: [{ pointer: '/at', code: 'future', detail: 'Give the time at which it was read.' }],
  });
export const reasonRequired = (): AppError =>
  invalid('fleet.reason-required', 'Say why the meter is set.', {
    errors: [{ pointer: '/reason', code: 'required', detail: 'A correction or replacement has a reason.' }],
  });
export const readingTwice = (): AppError =>
  conflict('fleet.reading-exists', 'There is a reading of this moment already, and it says something else.');

export const documentSubject = (): AppError =>
  invalid('fleet.document-subject', 'A document is of a vehicle or of a driver.', {
    errors: [{ pointer: '/vehicleId', code: 'one-of', detail: 'Give vehicleId or driverId, not both.' }],
  });
export const documentDates = (): AppError =>
  invalid('fleet.document-dates', 'A document expires after it was issued.', {
    errors: [{ pointer: '/expiresOn', code: 'before-issue', detail: 'Give a later day.' }],
  });
