import type { Objective, RouteAnswer, RouteLeg, RouteStep, StepType, Turn } from '../../contracts/routes';
import { TURNS } from '../../contracts/routes';
import type { LatLng } from '../../contracts/travel-times';
import { sentenceOf } from '../../domain/routing/instructions';
import type { MatrixAnswer, MatrixQuestion } from '../../domain/routing/matrix';
import type { MatchPoint } from '../../domain/routing/match';
import { NoWay, OffRoad, type RouteQuestion } from '../../domain/routing/route';
import { MOST_SNAP_METRES } from '../../domain/routing/snap';
import {
  askJson,
  listOf,
  malformed,
  numberOf,
  positionOf,
  ProviderRefused,
  recordOf,
  refused,
  wordsOf,
  type Exchanged,
} from './exchange';
import { osrmMatchPath, osrmTraced } from './osrm-match';
import { cellsOf, inBlocks, lengthen, tenth, wayOf, type RoutingProvider, type TracedPart } from './provider';

/** By maneuver; what is not here is told to no driver (lanes, the end of a roundabout). */
const TYPES: Record<string, StepType> = {
  depart: 'depart',
  turn: 'turn',
  fork: 'turn',
  'end of road': 'turn',
  'new name': 'continue',
  continue: 'continue',
  merge: 'merge',
  'on ramp': 'ramp',
  'off ramp': 'ramp',
  roundabout: 'roundabout',
  rotary: 'roundabout',
  'roundabout turn': 'turn',
  arrive: 'arrive',
};

const pathOf = (places: readonly LatLng[]): string => places.map(({ lat, lng }) => `${lng},${lat}`).join(';');
const range = (from: number, count: number): string => Array.from({ length: count }, (_, k) => from + k).join(';');

/** The quickest ways of an OSRM server (HTTP API v1 of OSRM 5 and later, profile `driving`). */
export class Osrm implements RoutingProvider {
  readonly source = 'osrm';
  readonly title = 'OSRM';
  /** Its setting `max-matching-size`, if nobody changed it. */
  readonly mostTraced = { fixes: 100, metres: Infinity };

  constructor(
    private readonly url: string,
    private readonly timeoutMs: number,
  ) {}

  finds(objective: Objective): boolean {
    return objective === 'time';
  }

  async route(question: RouteQuestion): Promise<RouteAnswer> {
    const { waypoints, alternatives } = question;
    const options = `overview=full&geometries=geojson&steps=true&alternatives=${alternatives > 0 ? alternatives : 'false'}`;
    const body = this.read(await this.ask(`/route/v1/driving/${pathOf(waypoints)}?${options}`));
    const places = listOf(body.waypoints, waypoints.length).map(placeOf);
    offRoad(places);
    const routes = listOf(body.routes);
    if (routes.length === 0) throw malformed();
    return {
      source: this.source,
      routes: routes.slice(0, 1 + alternatives).map((route) => {
        const { legs, geometry } = recordOf(route);
        const line = listOf(recordOf(geometry).coordinates).map(positionOf);
        const told = listOf(legs, waypoints.length - 1);
        return wayOf(
          question,
          told.map((leg, k) => legOf(leg, k === told.length - 1)),
          line,
        );
      }),
      waypoints: places.map(({ lat, lng, metres }) => ({ lat, lng, metresFromRoad: tenth(metres) })),
      notes: [],
    };
  }

  matrix(question: MatrixQuestion): Promise<MatrixAnswer> {
    return inBlocks(question, async (from, to) => {
      const named = `sources=${range(0, from.length)}&destinations=${range(from.length, to.length)}`;
      const path = `/table/v1/driving/${pathOf([...from, ...to])}?annotations=duration,distance&${named}`;
      const body = this.read(await this.ask(path));
      offRoad(listOf(body.sources, from.length).map(placeOf));
      offRoad(listOf(body.destinations, to.length).map(placeOf));
      return {
        seconds: cellsOf(body.durations, from.length, to.length),
        metres: cellsOf(body.distances, from.length, to.length),
      };
    });
  }

  async trace(points: readonly MatchPoint[]): Promise<TracedPart> {
    const answer = await this.ask(osrmMatchPath(points));
    const { code } = answer.body;
    if (code === 'NoMatch' || code === 'NoSegment') return { places: points.map(() => null), hops: [] };
    return osrmTraced(points, this.read(answer));
  }

  reach(): Promise<never> {
    return Promise.reject(new ProviderRefused('draws no isochrones'));
  }

  private ask(path: string): Promise<Exchanged> {
    return askJson(this.url + path, this.timeoutMs);
  }

  private read({ status, body }: Exchanged): Record<string, unknown> {
    switch (body.code) {
      case 'Ok':
        return body;
      case 'NoRoute':
        throw new NoWay(-1);
      case 'NoSegment':
        throw new OffRoad([]);
      default:
        throw refused(status, body.code);
    }
  }
}

interface Place extends LatLng {
  metres: number;
}

function placeOf(value: unknown): Place {
  const { location, distance } = recordOf(value);
  const [lng, lat] = positionOf(location);
  return { lat, lng, metres: distance === undefined ? 0 : numberOf(distance) };
}

/** It takes the nearest road however far that is; a place beside no road is not on its map. */
function offRoad(places: readonly Place[]): void {
  const off = places.flatMap(({ metres }, k) => (metres > MOST_SNAP_METRES ? [k] : []));
  if (off.length > 0) throw new OffRoad(off);
}

function legOf(value: unknown, last: boolean): RouteLeg {
  const leg = recordOf(value);
  const steps: RouteStep[] = [];
  for (const each of listOf(leg.steps)) {
    const { maneuver, name, ref, distance, duration } = recordOf(each);
    const { type: kind, modifier, exit, location, bearing_after } = recordOf(maneuver);
    const [metres, seconds] = [tenth(numberOf(distance)), tenth(numberOf(duration))];
    const known = TYPES[wordsOf(kind)];
    if (!known && steps.length > 0) {
      lengthen(steps, metres, seconds);
      continue;
    }
    const turn = turnOf(wordsOf(modifier));
    const type = turn === 'uturn' && known !== 'depart' && known !== 'arrive' ? 'uturn' : (known ?? 'continue');
    const road = wordsOf(name) || wordsOf(ref);
    const passed = type === 'roundabout' && typeof exit === 'number' ? exit : null;
    steps.push({
      type: type === 'arrive' && !last ? 'waypoint' : type,
      turn: type === 'depart' || type === 'arrive' || type === 'roundabout' ? null : turn,
      exit: passed,
      name: road,
      instruction:
        type === 'arrive'
          ? last
            ? 'Arrive at your destination'
            : 'Arrive at the waypoint'
          : sentenceOf(type, turn, passed, road, typeof bearing_after === 'number' ? bearing_after : 0),
      metres,
      seconds,
      location: positionOf(location),
    });
  }
  return { metres: tenth(numberOf(leg.distance)), seconds: tenth(numberOf(leg.duration)), steps };
}

function turnOf(modifier: string): Turn | null {
  const turn = modifier.replace(' ', '_');
  return TURNS.find((one) => one === turn) ?? null;
}
