import { AppError, invalid, notFound } from '../../../kernel/errors/app-error';

export const tripNotFound = (): AppError => notFound('fleet.trip-not-found', 'No such trip.');
export const tripsPeriod = (): AppError =>
  invalid('fleet.trips-period', 'Trips are made for at most 7 days at once, from before to.', {
    errors: [{ pointer: '/to', code: 'period', detail: 'Give a later time, at most 7 days after from.' }],
  });
export const tripsTooOld = (days: number): AppError =>
  invalid('fleet.trips-too-old', `Positions are kept for ${days} days: earlier trips cannot be made again.`, {
    errors: [{ pointer: '/from', code: 'too-old', detail: 'Give a later time.' }],
  });

/** A tracker was deleted: it tells nothing any more, and what was made of what it told stays. */
export const isTrackerGone = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'location.tracker-not-found';
