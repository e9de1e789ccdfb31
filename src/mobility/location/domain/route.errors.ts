import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';
import type { RequestFault } from './optimization/request';
import { MOST_OVERRIDES, MOST_PROFILES } from './routing/limits';
import type { RouteJobState } from '../contracts/route-plans';

export const routeJobNotFound = (): AppError => notFound('location.route-job-not-found', 'No such plan of routes.');

export const routeRequestInvalid = (faults: readonly RequestFault[]): AppError =>
  invalid('location.route-request-invalid', 'Routes cannot be planned from this.', {
    hint: 'Every vehicle and stop needs a place of the same kind: lat and lng, x and y, or a row of `matrix`.',
    errors: faults.slice(0, 100).map((fault) => ({ ...fault })),
  });

export const tooManyRouteJobs = (most: number): AppError =>
  new AppError('location.too-many-route-jobs', 'too-many', `At most ${most} plans of routes wait or run at once.`, {
    hint: 'Wait for one to end, or cancel it.',
    retryAfterSeconds: 10,
  });

export const routeJobEnded = (state: RouteJobState): AppError =>
  conflict('location.route-job-ended', `This plan of routes is ${state} already.`, { state });

export const routerBusy = (): AppError =>
  new AppError('location.router-busy', 'unavailable', 'Too many routes are asked for at once.', {
    hint: 'Try again in a moment.',
    retryAfterSeconds: 2,
  });

export const routerGaveUp = (): AppError =>
  new AppError(
    'location.router-gave-up',
    'unavailable',
    'The ways were not found in the time that there is for them.',
    {
      hint: 'Ask for fewer places at once, or for nearer ones.',
      retryAfterSeconds: 10,
    },
  );

/** @param from number of the waypoint from which no way leads on; negative where that is not known */
export const noWay = (from: number): AppError =>
  new AppError('location.no-way', 'unprocessable', 'No road leads from one of the waypoints to the next.', {
    hint: 'Look whether one of them lies on an island, behind a closed road or at the end of a one-way.',
    ...(from < 0
      ? {}
      : {
          errors: [
            {
              pointer: `/waypoints/${from + 1}`,
              code: 'not-reachable',
              detail: `Waypoint ${from} does not lead here.`,
            },
          ],
        }),
  });

export const routeQuestionInvalid = (pointer: string, code: string, detail: string): AppError =>
  invalid('location.route-question-invalid', 'This cannot be asked.', { errors: [{ pointer, code, detail }] });

export const trafficInvalid = (faults: readonly { pointer: string; code: string; detail: string }[]): AppError =>
  invalid('location.traffic-invalid', 'This is no traffic that can be kept.', {
    errors: faults.slice(0, 100).map((fault) => ({ ...fault })),
  });

export const profileNotFound = (): AppError =>
  notFound('location.traffic-profile-not-found', 'No such profile of traffic.');

export const profileTaken = (): AppError =>
  conflict('location.traffic-profile-taken', 'Another profile of traffic has this name.');

export const tooManyProfiles = (): AppError =>
  conflict('location.too-many-traffic-profiles', `At most ${MOST_PROFILES} profiles of traffic are kept.`);

export const overrideNotFound = (): AppError =>
  notFound('location.road-override-not-found', 'Nothing like this is known of roads.');

export const overrideEnded = (): AppError =>
  conflict('location.road-override-ended', 'It has ended already.', { hint: 'Enter a new one.' });

export const tooManyOverrides = (): AppError =>
  conflict(
    'location.too-many-road-overrides',
    `At most ${MOST_OVERRIDES} times roads are kept as slow or closed, now or later.`,
  );
