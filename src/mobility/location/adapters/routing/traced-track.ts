import { monotonicMs } from '../../../../kernel/clock/monotonic';
import { Breather } from '../../../../kernel/lifecycle/breather';
import type { LatLng } from '../../contracts/travel-times';
import { metresBetween, nearestOnPiece } from '../../domain/geodesy';
import { errorOf, isLate, MOST_OFF, MOST_STEP, type MatchAnswer, type MatchPoint } from '../../domain/routing/match';
import { extend, type Section } from '../../domain/routing/sections';
import { malformed, positionOf, ProviderLate, ProviderRefused } from './exchange';
import { MOST_MS, type RoutingProvider, type TracedPart } from './provider';

/** A track on the roads of a server. */
export interface TracedTrack {
  places: MatchAnswer['places'];
  sections: Section[];
}

/** Fixes that two questions share: at the ends of a part it is the least sure. */
const MOST_SHARED = 20;
/** Two parts that place a fix no farther apart than this (metres) go on into each other there. */
const SAME_METRES = 5;
/** A place farther than this from its fix (metres) is none of this track. */
const FARTHEST_METRES = 1_000;
/** Positions of all lines of a track. */
const MOST_POSITIONS = 500_000;
/** Positions of the way from one fix to the next. */
const MOST_OF_HOP = 10_000;
/** Pieces of lines that are compared with fixes of a track; fixes beyond that are where the one before them is. */
const MOST_COMPARED = 2_000_000;

/** A fix that says something of the way, and the numbers of those after it that are too near to it to do so. */
interface Anchor {
  at: number;
  near: number[];
}

/**
 * A track on the roads of a server, asked for in parts that it takes. As with the own network a way ends at a silence of five minutes, a
 * leap of two kilometres and two fixes in a row without a road, and fixes too near to the one before are placed on the way.
 * @throws ProviderFailed where it does not answer as it should; ProviderRefused where it takes too long (also for one part: the length of
 * a track is its asker's choice, and no reason to leave the server alone) or knows no road of the track
 */
export async function tracedBy(provider: RoutingProvider, points: readonly MatchPoint[]): Promise<TracedTrack> {
  const track: TracedTrack = { places: points.map(() => 'alone'), sections: [] };
  const until = monotonicMs() + MOST_MS;
  const compared = { left: MOST_COMPARED, breather: new Breather() };
  let positions = 0;
  for (const run of runsOf(points)) {
    if (run.length < 2) continue;
    const anchors = run.map(({ at }) => points[at]);
    const whole: TracedPart = { places: [], hops: [] };
    for (const { from, to } of partsOf(anchors, provider.mostTraced)) {
      if (monotonicMs() > until) throw new ProviderRefused('takes too long for so long a track');
      const part = await partOf(provider, anchors.slice(from, to));
      positions += part.hops.reduce((sum, { coordinates }) => sum + coordinates.length, 0);
      const hopTooLong = part.hops.some(({ coordinates }) => coordinates.length > MOST_OF_HOP);
      if (hopTooLong || positions > MOST_POSITIONS) throw new ProviderRefused('answered with too much');
      join(whole, part, from);
    }
    await settle(track, points, run, whole, compared);
  }
  if (track.sections.length === 0) throw new ProviderRefused('finds no road for this track');
  return track;
}

async function partOf(provider: RoutingProvider, points: readonly MatchPoint[]): Promise<TracedPart> {
  try {
    return await provider.trace(points);
  } catch (error) {
    if (error instanceof ProviderLate) throw new ProviderRefused(error.message, null, error);
    throw error;
  }
}

/** @throws ProviderFailed where a place is nowhere near the fix that it is of */
export function placeNear(fix: LatLng, position: unknown): LatLng {
  const [lng, lat] = positionOf(position);
  if (metresBetween(fix, { lat, lng }) > FARTHEST_METRES) throw malformed();
  return { lat, lng };
}

/** Fixes that may be on one way, and say something of it. */
function runsOf(points: readonly MatchPoint[]): Anchor[][] {
  const runs: Anchor[][] = [];
  points.forEach((point, at) => {
    const last = runs.at(-1)?.at(-1);
    // Distance is from where it stands, silence from when it was last heard there.
    const late = last !== undefined && isLate(points[last.near.at(-1) ?? last.at], point);
    const metres = last ? metresBetween(points[last.at], point) : 0;
    if (last && !late && metres < 2 * errorOf(point)) last.near.push(at);
    else if (last && !late && metres <= MOST_STEP) runs.at(-1)!.push({ at, near: [] });
    else runs.push([{ at, near: [] }]);
  });
  return runs;
}

/** The parts of a way, each of which shares its first fixes with the one before (`to` is not of it). */
function partsOf(points: readonly MatchPoint[], most: RoutingProvider['mostTraced']): { from: number; to: number }[] {
  const parts: { from: number; to: number }[] = [];
  for (let from = 0; ;) {
    let to = from + 1;
    for (let metres = 0; to < points.length && to - from < most.fixes; to++) {
      metres += metresBetween(points[to - 1], points[to]);
      if (metres > most.metres) break;
    }
    parts.push({ from, to });
    if (to >= points.length) return parts;
    from = to - Math.min(MOST_SHARED, Math.floor((to - from) / 2));
  }
}

/** Puts a part that begins at the fix `first` after what is known: there where both say the same, or else with a break. */
function join(whole: TracedPart, { places, hops }: TracedPart, first: number): void {
  const shared = whole.places.length - first;
  const middle = Math.floor(shared / 2);
  const same = (k: number): boolean => {
    const [before, now] = [whole.places[first + k], places[k]];
    return before !== null && now !== null && metresBetween(before, now) <= SAME_METRES;
  };
  const byMiddle = Array.from({ length: shared }, (_, k) => k).sort(
    (a, b) => Math.abs(a - middle) - Math.abs(b - middle),
  );
  const agreed = byMiddle.find(
    (k) => same(k) && whole.hops.some(({ to }) => to === first + k) && hops.some(({ from }) => from === k),
  );
  const cut = agreed ?? middle;
  const begin = shared === 0 ? 0 : agreed === undefined ? cut + 1 : cut;
  if (shared > 0) {
    whole.places.length = first + cut + 1;
    whole.hops = whole.hops.filter(({ to }) => to <= first + cut);
  }
  for (const place of places.slice(shared === 0 ? 0 : cut + 1)) whole.places.push(place);
  for (const hop of hops)
    if (hop.from >= begin) whole.hops.push({ ...hop, from: hop.from + first, to: hop.to + first });
}

/** Says of a way where its fixes are, and which sections it has. */
async function settle(
  track: TracedTrack,
  points: readonly MatchPoint[],
  run: readonly Anchor[],
  { places, hops }: TracedPart,
  compared: { left: number; readonly breather: Breather },
): Promise<void> {
  const onward = new Map<number, Section>();
  const onRoad = new Set<number>();
  let last: Section | null = null;
  for (const hop of hops) {
    if (hop.to - hop.from - 1 > MOST_OFF) continue;
    onward.set(hop.from, hop);
    onRoad.add(hop.from).add(hop.to);
    const [from, to] = [run[hop.from].at, run[hop.to].at];
    const section = { ...hop, from, to, ways: [...hop.ways], coordinates: [...hop.coordinates] };
    if (last?.to === from) extend(last, section);
    else track.sections.push((last = section));
  }
  for (const [k, { at, near }] of run.entries()) {
    const place = places[k];
    const told = place === null ? 'no-road' : onRoad.has(k) ? place : 'alone';
    track.places[at] = told;
    const line = onward.get(k)?.coordinates ?? [];
    for (const number of near) {
      const isCompared = typeof told !== 'string' && line.length > 0 && compared.left >= line.length;
      track.places[number] = isCompared ? nearestOf(line, points[number]) : told;
      if (!isCompared) continue;
      compared.left -= line.length;
      const pause = compared.breather.pause();
      if (pause) await pause;
    }
  }
}

/** The place of a line that is nearest to a fix. */
function nearestOf(line: readonly [lng: number, lat: number][], point: LatLng): LatLng {
  let best: LatLng = { lat: line[0][1], lng: line[0][0] };
  let least = Infinity;
  for (let k = 1; k < line.length; k++) {
    const { place, metres } = nearestOnPiece(line[k - 1], line[k], point);
    if (metres < least) [least, best] = [metres, place];
  }
  return best;
}
