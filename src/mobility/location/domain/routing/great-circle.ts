import type { LatLng, TravelTimes } from '../../contracts/travel-times';
import { metresBetween } from '../optimization/matrices';

/** Roads are longer than great circles by about so much (the detour index of towns is 1.2 to 1.4). */
export const DETOUR = 1.3;
/** 50 km/h, in metres a second. */
export const CRUISE = 13.9;

/** Metres and seconds where no road network is known: great circles with a detour, at a constant speed. */
export function guessedWay(from: LatLng, to: LatLng): { metres: number; seconds: number } {
  const metres = metresBetween(from, to) * DETOUR;
  return { metres: Math.round(metres), seconds: Math.round(metres / CRUISE) };
}

export function guessedTimes(origin: LatLng, destinations: readonly LatLng[]): TravelTimes {
  const ways = destinations.map((to) => guessedWay(origin, to));
  return {
    seconds: ways.map(({ seconds }) => seconds),
    metres: ways.map(({ metres }) => metres),
    source: 'great_circle',
  };
}
