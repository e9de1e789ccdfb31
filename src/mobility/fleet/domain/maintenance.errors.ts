import { conflict, invalid, notFound, type AppError } from '../../../kernel/errors/app-error';

export const planNotFound = (): AppError => notFound('fleet.plan-not-found', 'No such plan of maintenance.');
export const scheduleNotFound = (): AppError =>
  notFound('fleet.schedule-not-found', 'This vehicle has no such plan of maintenance.');
export const workOrderNotFound = (): AppError => notFound('fleet.work-order-not-found', 'No such work order.');
export const warrantyNotFound = (): AppError =>
  notFound('fleet.warranty-not-found', 'This vehicle has no such warranty.');
export const checklistNotFound = (): AppError => notFound('fleet.checklist-not-found', 'No such checklist.');
export const inspectionNotFound = (): AppError => notFound('fleet.inspection-not-found', 'No such inspection.');

export const planWithoutInterval = (): AppError =>
  invalid('fleet.plan-without-interval', 'A plan is by days, by distance or by engine hours.', {
    errors: [{ pointer: '/everyDays', code: 'required', detail: 'Give everyDays, everyMetres or everySeconds.' }],
  });
export const alreadyScheduled = (): AppError =>
  conflict('fleet.already-scheduled', 'The vehicle has this plan already.');
export const workOrderEdge = (from: string, to: string): AppError =>
  conflict(
    'fleet.work-order-state',
    `A work order that is ${from.replaceAll('_', ' ')} cannot become ${to.replaceAll('_', ' ')}.`,
    {
      state: from,
    },
  );
export const workOrderClosed = (state: string): AppError =>
  conflict('fleet.work-order-closed', `The work order is ${state} already.`, { state });
export const otherCurrency = (currency: string): AppError =>
  invalid('fleet.other-currency', `The costs of this work order are in ${currency}.`, {
    errors: [{ pointer: '/total/currency', code: 'other-currency', detail: `Give an amount in ${currency}.` }],
  });
export const partCostUnknown = (currency: string): AppError =>
  conflict('fleet.part-cost-unknown', `What these parts cost is not known in ${currency}.`, {
    hint: 'Send what they cost as `total`.',
  });
export const warrantyOver = (): AppError => conflict('fleet.warranty-over', 'The warranty does not hold any more.');
export const warrantyUnbounded = (): AppError =>
  invalid('fleet.warranty-unbounded', 'A warranty ends on a day, after a distance, or both.', {
    errors: [{ pointer: '/endsOn', code: 'required', detail: 'Give endsOn, not before it begins, or untilMetres.' }],
  });
export const checklistItems = (detail: string): AppError =>
  invalid('fleet.checklist-invalid', detail, { errors: [{ pointer: '/items', code: 'repeated', detail }] });
export const checklistInactive = (): AppError =>
  conflict('fleet.checklist-inactive', 'This checklist is not used any more.');
export const inspectionItems = (pointer: string, detail: string): AppError =>
  invalid('fleet.inspection-invalid', detail, { errors: [{ pointer, code: 'not-of-the-list', detail }] });
