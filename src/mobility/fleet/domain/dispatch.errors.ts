import { conflict, invalid, notFound, type AppError } from '../../../kernel/errors/app-error';

export const dispatchNotFound = (): AppError => notFound('fleet.dispatch-not-found', 'No such dispatch.');
export const routeNotFound = (): AppError => notFound('fleet.dispatch-route-not-found', 'No such route.');
export const stopNotFound = (): AppError => notFound('fleet.dispatch-stop-not-found', 'The route has no such stop.');
export const planNotFinished = (state: string): AppError =>
  conflict('fleet.plan-not-finished', `The plan is ${state}: only a completed one is driven.`, { state });
export const planDispatched = (): AppError =>
  conflict('fleet.plan-dispatched', 'This plan was dispatched already.', { hint: 'Cancel that dispatch first.' });
export const planDone = (): AppError =>
  conflict('fleet.plan-dispatched', 'Every stop of this plan is done already.', { hint: 'Make another plan.' });
export const planTooLong = (days: number): AppError =>
  conflict('fleet.plan-too-long', `The last stop of this plan is left more than ${days} days after it begins.`, {
    hint: 'Plan with shorter services and waits, or in parts.',
  });
export const planWithoutPlaces = (stopId: string): AppError =>
  conflict('fleet.plan-without-places', `Where ${stopId} is, the plan does not say.`, {
    hint: 'Plan with lat and lng for every stop, in place of x and y or rows of a matrix.',
  });
export const planEmpty = (): AppError => conflict('fleet.plan-empty', 'The plan has no route to drive.');
export const dispatchRoutes = (pointer: string, detail: string): AppError =>
  invalid('fleet.dispatch-invalid', detail, { errors: [{ pointer, code: 'routes', detail }] });
export const dispatchPast = (): AppError =>
  invalid('fleet.dispatch-past', 'A dispatch begins at most a day ago and within a year.', {
    errors: [{ pointer: '/startsAt', code: 'period', detail: 'Give the time at which the plan begins.' }],
  });
export const vehicleUnfit = (pointer: string): AppError =>
  conflict('fleet.vehicle-unfit', 'This vehicle drives no routes: it is a trailer, or not in service.', {
    errors: [{ pointer, code: 'unfit', detail: 'Choose a vehicle that is in service.' }],
  });
export const routeOverlaps = (whose: 'vehicle' | 'driver'): AppError =>
  conflict('fleet.route-overlaps', `The ${whose} has another route at that time.`, {
    hint: 'Complete or cancel that one first, or choose another.',
    of: whose,
  });
export const dispatchClosed = (state: string): AppError =>
  conflict('fleet.dispatch-closed', `The dispatch is ${state} already.`, { state });
export const routeClosed = (state: string): AppError =>
  conflict('fleet.dispatch-route-closed', `The route is ${state} already.`, { state });
export const dispatchStopEdge = (from: string, to: string): AppError =>
  conflict('fleet.dispatch-stop-state', `A stop that is ${from} cannot become ${to}.`, { state: from });
export const failureReason = (): AppError =>
  invalid('fleet.failure-reason', 'Say why the stop failed.', {
    errors: [{ pointer: '/reason', code: 'required', detail: 'A stop that failed has a reason.' }],
  });
export const proofMissing = (): AppError =>
  invalid('fleet.proof-required', 'This stop is done with a proof.', {
    errors: [
      { pointer: '/proof', code: 'required', detail: 'Give recipientName with signatureFileId or photoFileIds.' },
    ],
  });
export const proofElsewhere = (): AppError =>
  invalid('fleet.proof-not-wanted', 'A proof and a reason belong to the stop that they are about.', {
    errors: [{ pointer: '/proof', code: 'not-for-it', detail: 'Give proof with `done` alone, reason with `failed`.' }],
  });
