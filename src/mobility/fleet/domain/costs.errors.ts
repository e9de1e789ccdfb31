import { conflict, invalid, notFound, type AppError } from '../../../kernel/errors/app-error';

export const costNotFound = (): AppError => notFound('fleet.cost-not-found', 'No such cost.');
export const costSeriesNotFound = (): AppError => notFound('fleet.cost-series-not-found', 'No such recurring cost.');

/** The days of a cost, or of a report, make no period. */
export const costPeriod = (pointer: string, code: string, detail: string): AppError =>
  invalid('fleet.cost-period', 'A cost is of one moment, or of days from a first to a last.', {
    errors: [{ pointer, code, detail }],
  });
export const reportPeriod = (pointer: string, detail: string): AppError =>
  invalid('fleet.report-period', 'This period cannot be reported on.', {
    errors: [{ pointer, code: 'period', detail }],
  });
/** A series that begins so long ago would fill the books at once. */
export const seriesTooOld = (): AppError =>
  invalid('fleet.cost-series-too-old', 'A recurring cost is entered back for ten years at most.', {
    errors: [{ pointer: '/beginsOn', code: 'too-old', detail: 'Give a later day.' }],
  });
export const depreciatedTwice = (): AppError =>
  conflict('fleet.depreciated-twice', 'The depreciation of this vehicle follows from its purchase.', {
    hint: 'Enter it by hand, or give price and life of the vehicle, not both.',
  });
export const purchaseLife = (): AppError =>
  invalid('fleet.purchase-invalid', 'A vehicle is written off over months or over a distance.', {
    errors: [{ pointer: '/purchase/lifeMonths', code: 'one-of', detail: 'Give lifeMonths or lifeMetres, not both.' }],
  });
export const purchaseResidual = (): AppError =>
  invalid('fleet.purchase-invalid', 'What is left of the value is not more than the price, in its currency.', {
    errors: [{ pointer: '/purchase/residual', code: 'more-than-price', detail: 'Give a smaller amount.' }],
  });
