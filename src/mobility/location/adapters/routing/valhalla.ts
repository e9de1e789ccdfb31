import type { Objective, RouteAnswer, RouteLeg, RouteStep, StepType, Turn } from '../../contracts/routes';
import type { LatLng } from '../../contracts/travel-times';
import { metresBetween } from '../../domain/optimization/matrices';
import type { ReachAnswer, ReachQuestion } from '../../domain/routing/isochrone';
import type { MatrixAnswer, MatrixQuestion } from '../../domain/routing/matrix';
import type { MatchPoint } from '../../domain/routing/match';
import { NoWay, OffRoad, type RouteQuestion } from '../../domain/routing/route';
import { MOST_SNAP_METRES } from '../../domain/routing/snap';
import { askJson, listOf, malformed, numberOf, ProviderRefused, recordOf, refused, wordsOf } from './exchange';
import { lineOf } from './polyline';
import { groundOf, inBlocks, lengthen, tenth, wayOf, type RoutingProvider, type TracedPart } from './provider';
import { valhallaTrace, valhallaTraced } from './valhalla-trace';

/** Maneuvers by their numbers in Valhalla's API for turn by turn; what is not here is told to no driver. */
const MANEUVERS: Record<number, [StepType, Turn | null]> = {
  1: ['depart', null],
  2: ['depart', null],
  3: ['depart', null],
  4: ['arrive', null],
  5: ['arrive', null],
  6: ['arrive', null],
  7: ['continue', 'straight'],
  8: ['continue', 'straight'],
  9: ['turn', 'slight_right'],
  10: ['turn', 'right'],
  11: ['turn', 'sharp_right'],
  12: ['uturn', 'uturn'],
  13: ['uturn', 'uturn'],
  14: ['turn', 'sharp_left'],
  15: ['turn', 'left'],
  16: ['turn', 'slight_left'],
  17: ['ramp', 'straight'],
  18: ['ramp', 'right'],
  19: ['ramp', 'left'],
  20: ['ramp', 'right'],
  21: ['ramp', 'left'],
  22: ['turn', 'straight'],
  23: ['turn', 'slight_right'],
  24: ['turn', 'slight_left'],
  25: ['merge', 'straight'],
  26: ['roundabout', null],
  37: ['merge', 'slight_right'],
  38: ['merge', 'slight_left'],
};

/** Positions of all lines of an answer: two ways across a continent have fewer. */
const MOST_POSITIONS = 500_000;
/** Contours of one question by its default settings. */
const MOST_CONTOURS = 4;
/** Its numbers for: no way; no road near a place; no road for a track. */
const NO_WAY = new Set([442, 443]);
const OFF_ROAD = new Set([170, 171]);
const NO_TRACE = new Set([170, 171, 172, 441, 442, 443, 444]);

const at = ({ lat, lng }: LatLng): { lat: number; lon: number } => ({ lat, lon: lng });

/** Ways of a Valhalla server (its costing `auto`): the quickest or the shortest. */
export class Valhalla implements RoutingProvider {
  readonly source = 'valhalla';
  readonly title = 'Valhalla';
  /** Far below what it takes if nobody changed it (16,000 places, 200 km), so that each question is answered in time. */
  readonly mostTraced = { fixes: 1_000, metres: 100_000 };

  constructor(
    private readonly url: string,
    private readonly timeoutMs: number,
  ) {}

  finds(objective: Objective): boolean {
    return objective !== 'cost';
  }

  async route(question: RouteQuestion): Promise<RouteAnswer> {
    const { waypoints, objective, alternatives } = question;
    const body = await this.ask('/route', {
      locations: waypoints.map((place) => ({ ...at(place), type: 'break' })),
      ...how(objective),
      units: 'kilometers',
      ...(alternatives > 0 ? { alternates: alternatives } : {}),
    });
    const others = body.alternates === undefined ? [] : listOf(body.alternates).map((other) => recordOf(other).trip);
    let left = MOST_POSITIONS;
    const trips = [body.trip, ...others.slice(0, alternatives)].map((trip) => {
      const legs = listOf(recordOf(trip).legs, waypoints.length - 1);
      const lines = legs.map((leg) => {
        const line = lineOf(wordsWhole(recordOf(leg).shape), left);
        left -= line.length;
        return line;
      });
      return { legs: legs.map((leg, k) => legOf(leg, lines[k], k === legs.length - 1)), lines };
    });
    const places = waypoints.map((place, k) => {
      const [lng, lat] = k === 0 ? trips[0].lines[0][0] : trips[0].lines[k - 1].at(-1)!;
      return { lat, lng, metresFromRoad: tenth(metresBetween(place, { lat, lng })) };
    });
    const off = places.flatMap(({ metresFromRoad }, k) => (metresFromRoad > MOST_SNAP_METRES ? [k] : []));
    if (off.length > 0) throw new OffRoad(off);
    return {
      source: this.source,
      routes: trips.map(({ legs, lines }) =>
        wayOf(
          question,
          legs,
          lines.flatMap((line, k) => (k === 0 ? line : line.slice(1))),
        ),
      ),
      waypoints: places,
      notes: [],
    };
  }

  matrix(question: MatrixQuestion): Promise<MatrixAnswer> {
    return inBlocks(question, async (from, to) => {
      const { sources_to_targets } = await this.ask('/sources_to_targets', {
        sources: from.map(at),
        targets: to.map(at),
        ...how(question.objective),
        units: 'kilometers',
      });
      const seconds: (number | null)[][] = [];
      const metres: (number | null)[][] = [];
      for (const row of listOf(sources_to_targets, from.length)) {
        const cells = listOf(row, to.length).map(recordOf);
        seconds.push(cells.map(({ time }) => (time === null ? null : numberOf(time))));
        metres.push(cells.map(({ distance }) => (distance === null ? null : numberOf(distance) * 1000)));
      }
      return { seconds, metres };
    });
  }

  async reach({ center, measure, bands }: ReachQuestion): Promise<Pick<ReachAnswer, 'center' | 'grounds'>> {
    const value = (band: number): number => (measure === 'minutes' ? band : band / 1000);
    const told: Record<string, unknown>[] = [];
    for (let first = 0; first < bands.length; first += MOST_CONTOURS) {
      const some = bands.slice(first, first + MOST_CONTOURS);
      const { features } = await this.ask('/isochrone', {
        locations: [at(center)],
        ...how(measure === 'minutes' ? 'time' : 'distance'),
        contours: some.map((band) => (measure === 'minutes' ? { time: band } : { distance: value(band) })),
        polygons: true,
      });
      told.push(...listOf(features).map(recordOf));
    }
    const grounds = bands.map((band) => {
      // It says them with six digits, and releases before 3.1 as whole numbers.
      const off = (one: Record<string, unknown>): number =>
        Math.abs(Number(recordOf(one.properties).contour) - value(band)) / value(band);
      const nearest = told.reduce((best, one) => (off(one) < off(best) ? one : best), told[0]);
      // One band that it does not tell is no reason to leave it alone with other questions.
      if (!nearest || !(off(nearest) < 1e-4)) throw new ProviderRefused('told another band', null);
      return groundOf(nearest.geometry);
    });
    return { center: { ...center, metresFromRoad: null }, grounds };
  }

  async trace(points: readonly MatchPoint[]): Promise<TracedPart> {
    const { status, body } = await askJson(`${this.url}/trace_attributes`, this.timeoutMs, valhallaTrace(points));
    if (status !== 200 && NO_TRACE.has(Number(body.error_code))) return { places: points.map(() => null), hops: [] };
    if (status !== 200) throw refused(status, body.error_code);
    return valhallaTraced(points, body);
  }

  private async ask(path: string, question: object): Promise<Record<string, unknown>> {
    const { status, body } = await askJson(this.url + path, this.timeoutMs, question);
    if (status === 200) return body;
    const code = Number(body.error_code);
    if (NO_WAY.has(code) && path === '/route') throw new NoWay(-1);
    if (OFF_ROAD.has(code)) throw new OffRoad([]);
    throw refused(status, body.error_code);
  }
}

const how = (objective: Objective): object => ({
  costing: 'auto',
  ...(objective === 'distance' ? { costing_options: { auto: { shortest: true } } } : {}),
});

const wordsWhole = (value: unknown): string => {
  if (typeof value !== 'string') throw malformed();
  return value;
};

function legOf(value: unknown, line: [number, number][], last: boolean): RouteLeg {
  const { summary, maneuvers } = recordOf(value);
  const { time, length } = recordOf(summary);
  const steps: RouteStep[] = [];
  for (const each of listOf(maneuvers)) {
    const told = recordOf(each);
    const [metres, seconds] = [tenth(numberOf(told.length) * 1000), tenth(numberOf(told.time))];
    const known = MANEUVERS[Number(told.type)];
    if (!known && steps.length > 0) {
      lengthen(steps, metres, seconds);
      continue;
    }
    const [type, turn] = known ?? (['continue', null] as const);
    const exit = told.roundabout_exit_count;
    const location = line[numberOf(told.begin_shape_index)];
    if (!location) throw malformed();
    steps.push({
      type: type === 'arrive' && !last ? 'waypoint' : type,
      turn,
      exit: type === 'roundabout' && typeof exit === 'number' ? exit : null,
      name: told.street_names === undefined ? '' : wordsOf(listOf(told.street_names)[0]),
      instruction: wordsOf(told.instruction).replace(/\.$/, ''),
      metres,
      seconds,
      location,
    });
  }
  return { metres: tenth(numberOf(length) * 1000), seconds: tenth(numberOf(time)), steps };
}
