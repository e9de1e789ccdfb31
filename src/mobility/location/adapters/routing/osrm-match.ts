import type { LatLng } from '../../contracts/travel-times';
import { errorOf, type MatchedWay, type MatchPoint } from '../../domain/routing/match';
import { addWay, type Section } from '../../domain/routing/sections';
import { listOf, malformed, numberOf, positionOf, recordOf, wordsOf } from './exchange';
import type { TracedPart } from './provider';
import { placeNear } from './traced-track';

/** A way between two fixes is no longer than this (metres). */
const LONGEST_HOP = 100_000;

/**
 * The question for `/match` of OSRM's HTTP API v1. `tidy` stays off: fixes that it leaves out would look like those that are on no
 * road. Ways are broken where its times say so (`gaps`).
 */
export function osrmMatchPath(points: readonly MatchPoint[]): string {
  const list = (of: (point: MatchPoint) => string | number): string => points.map(of).join(';');
  const places = list(({ lat, lng }) => `${lng.toFixed(6)},${lat.toFixed(6)}`);
  const radiuses = list((point) => Math.round(errorOf(point) * 10) / 10);
  const timestamps = list(({ fixTime }) => Math.floor(fixTime / 1000));
  const options = `overview=false&geometries=geojson&steps=true&gaps=split&tidy=false`;
  return `/match/v1/driving/${places}?${options}&timestamps=${timestamps}&radiuses=${radiuses}`;
}

/** Where a fix is in the answer: which way, and which place of it. */
interface Tracepoint {
  matching: number;
  waypoint: number;
  place: LatLng;
}

/** Reads an answer of `/match`. @throws ProviderFailed where it is none to these fixes */
export function osrmTraced(points: readonly MatchPoint[], body: Record<string, unknown>): TracedPart {
  const legs = listOf(body.matchings).map((matching) => listOf(recordOf(matching).legs));
  const tracepoints = listOf(body.tracepoints, points.length).map((value, k): Tracepoint | null => {
    if (value === null) return null;
    const { matchings_index, waypoint_index, location } = recordOf(value);
    const [matching, waypoint] = [numberOf(matchings_index), numberOf(waypoint_index)];
    if (!legs[matching]) throw malformed();
    return { matching, waypoint, place: placeNear(points[k], location) };
  });
  const hops: Section[] = [];
  let before = -1;
  tracepoints.forEach((now, to) => {
    if (now === null) return;
    const last = tracepoints[before];
    if (last?.matching === now.matching) {
      if (now.waypoint !== last.waypoint + 1) throw malformed();
      hops.push({ from: before, to, ...legOf(legs[now.matching][last.waypoint], last.place, now.place) });
    }
    before = to;
  });
  return { places: tracepoints.map((point) => point?.place ?? null), hops };
}

function legOf(value: unknown, from: LatLng, to: LatLng): Pick<Section, 'metres' | 'ways' | 'coordinates'> {
  const { steps, distance } = recordOf(value);
  const ways: MatchedWay[] = [];
  const coordinates: Section['coordinates'] = [[from.lng, from.lat]];
  const add = (place: [number, number]): void => {
    const last = coordinates[coordinates.length - 1];
    if (last[0] !== place[0] || last[1] !== place[1]) coordinates.push(place);
  };
  for (const each of listOf(steps)) {
    const step = recordOf(each);
    const metres = lengthOf(step.distance);
    if (metres > 0) addWay(ways, { name: wordsOf(step.name), ref: wordsOf(step.ref), metres });
    listOf(recordOf(step.geometry).coordinates).map(positionOf).forEach(add);
  }
  add([to.lng, to.lat]);
  return { metres: lengthOf(distance), ways, coordinates };
}

function lengthOf(value: unknown): number {
  const metres = numberOf(value);
  if (metres > LONGEST_HOP) throw malformed();
  return metres;
}
