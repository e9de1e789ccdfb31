import { monotonicMs } from '../../../../kernel/clock/monotonic';
import type { Objective, PlannedWay, Prices, RouteAnswer, RouteLeg, RouteStep } from '../../contracts/routes';
import type { LatLng, TravelSource } from '../../contracts/travel-times';
import type { MatchPoint } from '../../domain/routing/match';
import { NONE } from '../../domain/routing/graph';
import type { MatrixAnswer, MatrixQuestion } from '../../domain/routing/matrix';
import { areaOf, type Polygons, type Ring } from '../../domain/routing/contour';
import type { ReachAnswer, ReachQuestion } from '../../domain/routing/isochrone';
import type { RouteQuestion } from '../../domain/routing/route';
import type { Section } from '../../domain/routing/sections';
import { listOf, malformed, numberOf, positionOf, ProviderRefused, recordOf } from './exchange';

/** A part of a track as a server found it on its roads. */
export interface TracedPart {
  /** Of each fix its place; null: on no road. */
  places: (LatLng | null)[];
  /** The ways from one fix that is on a road to the next, in order; none where its way is broken. */
  hops: Section[];
}

/**
 * A server that finds ways. Each method throws `NoWay` and `OffRoad` as the own network does, and `ProviderFailed` where the server does
 * not answer as it should (`ProviderRefused` where it is this question alone).
 */
export interface RoutingProvider {
  readonly source: Exclude<TravelSource, 'road' | 'great_circle'>;
  /** As people call it. */
  readonly title: string;
  /** Does it find what is least by the objective, and not the quickest ways alone? */
  finds(objective: Objective): boolean;
  route(question: RouteQuestion): Promise<RouteAnswer>;
  matrix(question: MatrixQuestion): Promise<MatrixAnswer>;
  reach(question: ReachQuestion): Promise<Pick<ReachAnswer, 'center' | 'grounds'>>;
  /** How much of a track one question may hold: fixes, and metres along the air line. */
  readonly mostTraced: { fixes: number; metres: number };
  /** A part of a track (two fixes or more, in the order of their times) on its roads. Where it finds none, all places are null. */
  trace(points: readonly MatchPoint[]): Promise<TracedPart>;
}

export const tenth = (value: number): number => Math.round(value * 10) / 10;

/** What a way costs by the prices asked with; null where cost is not the objective. */
export function costOf(
  objective: Objective,
  { perKm, perHour }: Prices,
  metres: number,
  seconds: number,
): number | null {
  return objective === 'cost' ? Math.round(((metres / 1000) * perKm + (seconds / 3600) * perHour) * 100) / 100 : null;
}

/** A way of the legs that a server told, along its line. */
export function wayOf(
  { objective, prices }: RouteQuestion,
  legs: RouteLeg[],
  coordinates: [number, number][],
): PlannedWay {
  const metres = tenth(legs.reduce((sum, leg) => sum + leg.metres, 0));
  const seconds = tenth(legs.reduce((sum, leg) => sum + leg.seconds, 0));
  const geometry = { type: 'LineString' as const, coordinates };
  return { metres, seconds, cost: costOf(objective, prices, metres, seconds), legs, geometry };
}

/** Adds what a step takes that is not told to the driver to the one before. */
export function lengthen(steps: RouteStep[], metres: number, seconds: number): void {
  const last = steps[steps.length - 1];
  if (!last) return;
  last.metres = tenth(last.metres + metres);
  last.seconds = tenth(last.seconds + seconds);
}

/** Most places that one question for a matrix names; larger matrices are put together of several (OSRM's own limit is 100). */
const MOST_NAMED = 100;

/** What is asked for in several questions is given up when all of them take longer (milliseconds). */
export const MOST_MS = 45_000;

interface Cells {
  seconds: (number | null)[][];
  metres: (number | null)[][];
}

/** A matrix that is asked for in blocks. `ask` is told the places of one and answers rows by origin. */
export async function inBlocks(
  { origins, destinations }: MatrixQuestion,
  ask: (from: readonly LatLng[], to: readonly LatLng[]) => Promise<Cells>,
): Promise<MatrixAnswer> {
  const width = destinations.length;
  const seconds = new Uint32Array(origins.length * width).fill(NONE);
  const metres = seconds.slice();
  // One origin with many destinations, or many with one another.
  const rows = Math.max(1, Math.min(origins.length, Math.max(MOST_NAMED / 2, MOST_NAMED - width)));
  const columns = MOST_NAMED - rows;
  const until = monotonicMs() + MOST_MS;
  for (let top = 0; top < origins.length; top += rows)
    for (let left = 0; left < width; left += columns) {
      if (monotonicMs() > until) throw new ProviderRefused('takes too long for so many places');
      const from = origins.slice(top, top + rows);
      const to = destinations.slice(left, left + columns);
      const cells = await ask(from, to);
      from.forEach((_, row) =>
        to.forEach((__, column) => {
          const [time, length] = [cells.seconds[row][column], cells.metres[row][column]];
          // Half of a way is none.
          if (time === null || length === null) return;
          const at = (top + row) * width + left + column;
          seconds[at] = Math.round(time);
          metres[at] = Math.round(length);
        }),
      );
    }
  return { seconds, metres, offRoad: { origins: [], destinations: [] } };
}

/** Rows of numbers, or null where no way leads. @throws ProviderFailed where they are something else */
export const cellsOf = (rows: unknown, height: number, width: number): (number | null)[][] =>
  listOf(rows, height).map((row) => listOf(row, width).map((cell) => (cell === null ? null : numberOf(cell))));

/** The ground of a Polygon or MultiPolygon, its rings turned as GeoJSON wants them. @throws ProviderFailed where it is something else */
export function groundOf(geometry: unknown): Polygons {
  const { type, coordinates } = recordOf(geometry);
  const polygons = type === 'MultiPolygon' ? listOf(coordinates) : type === 'Polygon' ? [coordinates] : [];
  if (polygons.length === 0) throw malformed();
  return polygons.map((polygon) => {
    const rings = listOf(polygon).map((ring, k) => {
      const points: Ring = listOf(ring).map(positionOf);
      const [first, last] = [points[0], points[points.length - 1]];
      if (points.length < 4 || first[0] !== last[0] || first[1] !== last[1]) throw malformed();
      return areaOf(points) > 0 === (k === 0) ? points : points.reverse();
    });
    if (rings.length === 0) throw malformed();
    return rings;
  });
}
