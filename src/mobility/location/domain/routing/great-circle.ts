import type { PlannedWay, RouteAnswer } from '../../contracts/routes';
import type { LatLng } from '../../contracts/travel-times';
import { metresBetween } from '../optimization/matrices';
import type { MatrixAnswer, MatrixQuestion } from './matrix';
import type { RouteQuestion } from './route';

/** Roads are longer than great circles by about so much (the detour index of towns is 1.2 to 1.4). */
export const DETOUR = 1.3;
/** 50 km/h, in metres a second. */
export const CRUISE = 13.9;

/** Metres and seconds where no road network is known: great circles with a detour, at a constant speed. */
export function guessedWay(from: LatLng, to: LatLng): { metres: number; seconds: number } {
  const metres = metresBetween(from, to) * DETOUR;
  return { metres: Math.round(metres), seconds: Math.round(metres / CRUISE) };
}

export function guessedMatrix({ origins, destinations }: MatrixQuestion): MatrixAnswer {
  const seconds = new Uint32Array(origins.length * destinations.length);
  const metres = seconds.slice();
  origins.forEach((from, row) =>
    destinations.forEach((to, column) => {
      const way = guessedWay(from, to);
      seconds[row * destinations.length + column] = way.seconds;
      metres[row * destinations.length + column] = way.metres;
    }),
  );
  return { seconds, metres, offRoad: { origins: [], destinations: [] } };
}

/** Straight lines from waypoint to waypoint. @param why said in the answer */
export function guessedRoute({ waypoints, objective, prices }: RouteQuestion, why: string): RouteAnswer {
  const point = ({ lat, lng }: LatLng): [number, number] => [lng, lat];
  const legs = waypoints.slice(1).map((to, k): PlannedWay['legs'][number] => {
    const way = guessedWay(waypoints[k], to);
    const last = k === waypoints.length - 2;
    const plain = { turn: null, exit: null, name: '' };
    return {
      ...way,
      steps: [
        { ...plain, type: 'depart', instruction: 'Drive to the next waypoint', ...way, location: point(waypoints[k]) },
        {
          ...plain,
          type: last ? 'arrive' : 'waypoint',
          instruction: last ? 'Arrive at your destination' : 'Arrive at the waypoint',
          metres: 0,
          seconds: 0,
          location: point(to),
        },
      ],
    };
  });
  const metres = legs.reduce((sum, leg) => sum + leg.metres, 0);
  const seconds = legs.reduce((sum, leg) => sum + leg.seconds, 0);
  const cost = (metres / 1000) * prices.perKm + (seconds / 3600) * prices.perHour;
  return {
    source: 'great_circle',
    routes: [
      {
        metres,
        seconds,
        cost: objective === 'cost' ? Math.round(cost * 100) / 100 : null,
        legs,
        geometry: { type: 'LineString', coordinates: waypoints.map(point) },
      },
    ],
    waypoints: waypoints.map(({ lat, lng }) => ({ lat, lng, metresFromRoad: null })),
    notes: [why],
  };
}
