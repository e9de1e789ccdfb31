import type { LatLng } from '../../contracts/travel-times';
import { metresBetween, nearestOnPiece } from '../geodesy';
import { NONE, type RoadGraph } from './graph';
import { Heap } from './heap';
import type { Piece } from './search';
import { snapAll } from './snap';

/** A believed fix. Milliseconds, metres. */
export interface MatchPoint extends LatLng {
  fixTime: number;
  accuracy: number | null;
}

/** Why a fix is on no road: none is near; it stands alone between silences; no way leads there from the fix before, nor on from it. */
export const UNMATCHED = ['no-road', 'alone'] as const;
export type Unmatched = (typeof UNMATCHED)[number];

/** A place on an arc: share of its length in the direction of driving. */
export interface OnArc {
  arc: number;
  share: number;
}

/** Fixes are asked for in parts; a part goes on with where the one before ended for sure. */
export interface MatchQuestion {
  points: readonly MatchPoint[];
  /** Where the first fix is, when a part before said so. */
  start: OnArc | null;
  /** A part follows: what may change by it is left to it. */
  more: boolean;
  /** The network that `start` is of; on another one it says nothing. */
  network?: number;
}

export interface MatchedWay {
  name: string;
  ref: string;
  metres: number;
}

/** A way without a break, from one fix to another (numbers among those that were asked about). */
export interface MatchedSection {
  from: number;
  to: number;
  /** It goes on from the part before. */
  joined: boolean;
  metres: number;
  ways: MatchedWay[];
  coordinates: [lng: number, lat: number][];
}

export interface MatchAnswer {
  /** Of each fix up to `settled` where it is on the road, or why it is not. */
  places: ({ lat: number; lng: number } | Unmatched)[];
  sections: MatchedSection[];
  /** So many fixes are answered; the last of them is where the next part begins, on `start`. */
  settled: number;
  start: OnArc | null;
}

/** Standard deviation of receivers that do not say how good they are, and bounds for those that do (metres). */
const USUAL_ERROR = 10;
const [LEAST_ERROR, MOST_ERROR] = [4.07, 50];
/** Roads within so many deviations, and metres, of a fix; so many of them. */
const REACH = 4;
const LEAST_REACH = 50;
/** Who tells how good it is, is believed: what is more deviations away is not the road, however near. */
const MOST_DEVIATIONS = 8;
const MOST_ROADS = 8;
/** Farther or later than this (metres, milliseconds) nothing is known of the way between. */
export const MOST_STEP = 2_000;
const MOST_SILENCE_MS = 300_000;
/** So many fixes in a row without a road end a way: it left the network. */
export const MOST_OFF = 1;
/** A way may be longer than the air line by so many metres, or by as much again. */
const DETOUR = 500;
/** Fixes that are left to the next part. */
const LAG = 40;

interface Candidate extends OnArc {
  lat: number;
  lng: number;
  metres: number;
  /** Logarithm of the likelihood of the best way here, and the candidate of the layer before that it came from. */
  score: number;
  parent: number;
}

interface Layer {
  /** Number of the fix. */
  at: number;
  candidates: Candidate[];
  /** Numbers of the fixes after it that are too near to it to say more of the way. */
  near: number[];
}

/**
 * Finds the roads that a track was driven on: a hidden Markov model (Newson and Krumm 2009). How far a road is from a fix tells by the
 * error of the receiver how likely the fix is; how much longer a way is than the air line tells how likely it was driven. The likeliest
 * way of all is found by Viterbi's algorithm. Its arrays are as large as the network: one for each thread.
 */
export class Matcher {
  /** Arcs that all searches settled. */
  settled = 0;
  private readonly label: Float64Array;
  private readonly parent: Int32Array;
  private readonly stamp: Uint32Array;
  private readonly heap: Heap;
  private round = 0;

  constructor(private readonly graph: RoadGraph) {
    const arcs = graph.edges * 2;
    this.label = new Float64Array(arcs);
    this.parent = new Int32Array(arcs);
    this.stamp = new Uint32Array(arcs);
    this.heap = new Heap(arcs);
  }

  match({ points, start, more }: MatchQuestion): MatchAnswer {
    const places: MatchAnswer['places'] = points.map(() => 'no-road' as const);
    const sections: MatchedSection[] = [];
    let layers: Layer[] = [];
    let joined = start !== null;
    /** Fixes since the last that has roads; those too near to it say nothing of the way. */
    let off = 0;
    const close = (to: Layer[]): void => {
      if (to.length === 0) return;
      this.settle(points, to, places, sections, joined);
      joined = false;
    };
    points.forEach((point, at) => {
      const last = layers.at(-1);
      const before = last && points[last.at];
      // Distance is from where it stands, silence from when it was last heard there.
      const late = last !== undefined && isLate(points[last.near.at(-1) ?? last.at], point);
      // Where it stands, noise would drive it to and fro; it is placed on the way that is found.
      if (before && metresBetween(before, point) < 2 * errorOf(point) && !late) {
        last.near.push(at);
        off = 0;
        return;
      }
      const candidates = start && at === 0 ? [this.given(start)] : this.candidatesOf(point);
      if (candidates.length === 0) {
        off += 1;
        return;
      }
      const parted = before && (off > MOST_OFF || late || metresBetween(before, point) > MOST_STEP);
      off = 0;
      if (last && !parted && this.connect(last, candidates, before!, point)) layers.push({ at, candidates, near: [] });
      else {
        close(layers);
        layers = [{ at, candidates, near: [] }];
      }
    });
    const kept = more ? layers.filter(({ at }) => at <= points.length - 1 - LAG) : layers;
    const path = pathOf(layers).slice(0, kept.length);
    if (kept.length > 1 || !more) close(more ? kept.map((layer, k) => only(layer, path[k])) : layers);
    if (!more) return { places, sections, settled: points.length, start: null };
    // Where nothing is sure of the way that is under way, the next part takes it from its first fix.
    const end = kept.at(-1) ?? layers[0];
    if (!end) return { places, sections, settled: points.length, start: null };
    const { arc, share } = kept.length > 0 ? path[kept.length - 1] : end.candidates[0];
    const sure = kept.length > 1 || (kept.length === 1 && joined);
    // One that stands for a whole part goes on from its last fix there.
    const stood = end.near.at(-1);
    if (end.at === 0 && start && stood !== undefined) {
      const { lat, lng } = end.candidates[0];
      for (const number of [0, ...end.near]) places[number] = { lat, lng };
      return { places: places.slice(0, stood), sections, settled: stood, start };
    }
    // A part that gets no further is ended as it is, so that the next one does.
    if (end.at === 0) return { ...this.match({ points, start, more: false }), start: null };
    return { places: places.slice(0, end.at), sections, settled: end.at, start: sure ? { arc, share } : null };
  }

  /** Follows the likeliest way through layers, and says where their fixes are. */
  private settle(
    points: readonly MatchPoint[],
    layers: readonly Layer[],
    places: MatchAnswer['places'],
    sections: MatchedSection[],
    joined: boolean,
  ): void {
    const path = pathOf(layers);
    if (layers.length === 1 && !joined) {
      for (const at of [layers[0].at, ...layers[0].near]) places[at] = 'alone';
      return;
    }
    const pieces: Piece[] = [];
    // It stays where it was while it only seems to go back, so that noise adds no metres.
    let here = path[0];
    layers.forEach(({ at, near }, k) => {
      places[at] = { lat: here.lat, lng: here.lng };
      let step: Piece[] = [];
      const [from, next] = [here, path[k + 1]];
      if (next) {
        const [before, after] = [points[at], points[layers[k + 1].at]];
        const ahead = this.ahead(here, next);
        if (ahead >= 0 || ahead < -noiseOf(before, after)) {
          step = this.way(here, next, before, after) ?? this.way(path[k], next, before, after) ?? [];
          here = next;
        }
      }
      pieces.push(...step);
      for (const number of near) places[number] = this.nearestOf(points[number], step, from);
    });
    if (layers.length === 1) return;
    const from = layers[0].at;
    sections.push({ from, to: layers[layers.length - 1].at, joined, ...this.told(pieces) });
  }

  private given({ arc, share }: OnArc): Candidate {
    const [lng, lat] = along(this.graph.shape(arc), share);
    return { arc, share, lat, lng, metres: 0, score: 0, parent: -1 };
  }

  private candidatesOf(point: MatchPoint): Candidate[] {
    const error = errorOf(point);
    const { arcTime } = this.graph.at;
    return snapAll(this.graph, point.lat, point.lng, reachOf(point), MOST_ROADS).flatMap(
      ({ edge, share, metres, lat, lng }) => {
        const score = -0.5 * (metres / error) ** 2;
        return [
          { arc: 2 * edge, share },
          { arc: 2 * edge + 1, share: 1 - share },
        ].flatMap((on) => (arcTime[on.arc] === NONE ? [] : [{ ...on, lat, lng, metres, score, parent: -1 }]));
      },
    );
  }

  /** Joins candidates to those before. @returns false, and changes nothing, where no way leads to any of them */
  private connect(before: Layer, candidates: Candidate[], from: MatchPoint, to: MatchPoint): boolean {
    const air = metresBetween(from, to);
    const beta = Math.max(errorOf(from), errorOf(to));
    const best = candidates.map(() => ({ score: -Infinity, parent: -1 }));
    before.candidates.forEach((source, k) => {
      if (source.score === -Infinity) return;
      const metres = this.waysFrom(source, candidates, limitOf(air), noiseOf(from, to));
      metres.forEach((length, n) => {
        if (length === null) return;
        const score = source.score - Math.abs(length - air) / beta;
        if (score > best[n].score) best[n] = { score, parent: k };
      });
    });
    if (best.every(({ parent }) => parent < 0)) return false;
    candidates.forEach((candidate, n) => {
      candidate.score = best[n].parent < 0 ? -Infinity : candidate.score + best[n].score;
      candidate.parent = best[n].parent;
    });
    return true;
  }

  /** Metres of the shortest ways from a place to some others; null beyond a limit. Going back on the same road by no more than noise is standing. */
  private waysFrom(from: OnArc, to: readonly OnArc[], limit: number, noise: number): (number | null)[] {
    const found: (number | null)[] = to.map(() => null);
    const offer = (n: number, metres: number): void => {
      if (metres <= limit && metres < (found[n] ?? Infinity)) found[n] = metres;
    };
    const goals = new Map<number, number[]>();
    to.forEach(({ arc, share }, n) => {
      const ahead = this.ahead(from, { arc, share });
      if (ahead >= -noise) offer(n, Math.max(0, ahead));
      const others = goals.get(arc);
      if (others) others.push(n);
      else goals.set(arc, [n]);
    });
    this.search(from, limit, (arc, metres) => {
      const ends = goals.get(arc);
      if (!ends) return;
      for (const n of ends) offer(n, metres + to[n].share * this.metresOf(arc));
      return Math.max(...found.map((length) => length ?? limit));
    });
    return found;
  }

  /** Metres ahead on the same arc, or back on it or on the one before (less than 0); -Infinity for all that is farther. */
  private ahead(from: OnArc, to: OnArc): number {
    if (from.arc === to.arc) return (to.share - from.share) * this.metresOf(to.arc);
    if (this.graph.goal(to.arc) !== this.graph.tail(from.arc) || !this.graph.mayTurn(to.arc, from.arc))
      return -Infinity;
    return -(1 - to.share) * this.metresOf(to.arc) - from.share * this.metresOf(from.arc);
  }

  /** The pieces of the shortest way; null where none is short enough. */
  private way(from: OnArc, to: OnArc, before: MatchPoint, after: MatchPoint): Piece[] | null {
    if (from.arc === to.arc && to.share >= from.share) return [{ arc: from.arc, from: from.share, to: to.share }];
    let least = Infinity;
    let last = -1;
    this.search(from, limitOf(metresBetween(before, after)), (arc, metres, entered) => {
      if (arc !== to.arc || metres >= least) return;
      least = metres;
      last = entered;
      return least;
    });
    if (last < 0) return null;
    const arcs: number[] = [];
    for (let arc = last; arc >= 0; arc = this.parent[arc]) arcs.push(arc);
    const pieces = arcs.reverse().map((arc, k): Piece => ({ arc, from: k === 0 ? from.share : 0, to: 1 }));
    return [...pieces, { arc: to.arc, from: 0, to: to.share }];
  }

  /**
   * Dijkstra (1959) over arcs by metres. Each arc that can be entered is told, with the metres to its beginning and the arc before; who is
   * told may answer how far it still has to be searched.
   */
  private search(
    from: OnArc,
    most: number,
    enter: (arc: number, metres: number, before: number) => number | undefined,
  ): void {
    let limit = most;
    const { outFirst, outArc, arcTime } = this.graph.at;
    this.round += 1;
    this.heap.clear();
    this.reach(from.arc, (1 - from.share) * this.metresOf(from.arc), -1);
    while (this.heap.size > 0 && this.heap.least <= limit) {
      const arc = this.heap.pop();
      this.settled += 1;
      const metres = this.label[arc];
      const node = this.graph.goal(arc);
      for (let k = outFirst[node]; k < outFirst[node + 1]; k++) {
        const next = outArc[k];
        if (arcTime[next] === NONE || !this.graph.mayTurn(arc, next)) continue;
        limit = Math.min(limit, enter(next, metres, arc) ?? limit);
        const there = metres + this.metresOf(next);
        if (this.stamp[next] !== this.round || there < this.label[next]) this.reach(next, there, arc);
      }
    }
  }

  private reach(arc: number, metres: number, parent: number): void {
    // The arc that it began on is entered again at most as a goal: its way from there is the one that is traced.
    if (parent >= 0 && this.stamp[arc] === this.round && this.parent[arc] === -1) return;
    this.stamp[arc] = this.round;
    this.label[arc] = metres;
    this.parent[arc] = parent;
    this.heap.push(arc, metres);
  }

  private metresOf(arc: number): number {
    return this.graph.at.edgeLength[arc >> 1] / 100;
  }

  /** The place of a way that is nearest to a fix between its ends. */
  private nearestOf(point: LatLng, pieces: readonly Piece[], start: Candidate): { lat: number; lng: number } {
    let best = { lat: start.lat, lng: start.lng };
    let least = metresBetween(point, best);
    for (const { arc, from, to } of pieces) {
      const line = part(this.graph.shape(arc), from, to);
      for (let k = 1; k < line.length; k++) {
        const { place, metres } = nearestOnPiece(line[k - 1], line[k], point);
        if (metres < least) [least, best] = [metres, place];
      }
    }
    return best;
  }

  private told(pieces: readonly Piece[]): Pick<MatchedSection, 'metres' | 'ways' | 'coordinates'> {
    const { edgeWay } = this.graph.at;
    const ways: MatchedWay[] = [];
    const coordinates: [number, number][] = [];
    let metres = 0;
    for (const { arc, from, to } of pieces) {
      const length = (to - from) * this.metresOf(arc);
      metres += length;
      const way = edgeWay[arc >> 1];
      const [name, ref] = [this.graph.name(way), this.graph.ref(way)];
      const last = ways.at(-1);
      if (last && last.name === name && last.ref === ref) last.metres += length;
      else if (length > 0) ways.push({ name, ref, metres: length });
      for (const place of part(this.graph.shape(arc), from, to)) {
        const before = coordinates.at(-1);
        if (!before || before[0] !== place[0] || before[1] !== place[1]) coordinates.push(place);
      }
    }
    return { metres, ways, coordinates };
  }
}

export const errorOf = ({ accuracy }: MatchPoint): number =>
  Math.min(MOST_ERROR, Math.max(LEAST_ERROR, accuracy ?? USUAL_ERROR));
export const reachOf = (point: MatchPoint): number => {
  const error = errorOf(point);
  const least = point.accuracy === null ? LEAST_REACH : Math.min(LEAST_REACH, MOST_DEVIATIONS * error);
  return Math.max(least, REACH * error);
};
const limitOf = (air: number): number => air + Math.max(DETOUR, air);
/** Metres that a receiver may seem to have gone back. */
const noiseOf = (a: MatchPoint, b: MatchPoint): number => 3 * Math.max(errorOf(a), errorOf(b));
export const isLate = (before: MatchPoint, point: MatchPoint): boolean =>
  point.fixTime - before.fixTime > MOST_SILENCE_MS;
const only = (layer: Layer, candidate: Candidate): Layer => ({ ...layer, candidates: [{ ...candidate, parent: 0 }] });

/** The likeliest candidate of each layer, all together. */
function pathOf(layers: readonly Layer[]): Candidate[] {
  const path: Candidate[] = [];
  const last = layers.at(-1);
  if (!last) return path;
  let at = 0;
  last.candidates.forEach(({ score }, k) => {
    if (score > last.candidates[at].score) at = k;
  });
  for (let k = layers.length - 1; k >= 0; k--) {
    const candidate = layers[k].candidates[at];
    path.push(candidate);
    at = candidate.parent;
  }
  return path.reverse();
}

/** The place at a share of a line's length. */
function along(line: readonly [number, number][], share: number): [lng: number, lat: number] {
  return part(line, share, share)[0];
}

/** The part of a line between two shares of its length, both ends included. */
function part(line: readonly [number, number][], from: number, to: number): [lng: number, lat: number][] {
  const scale = Math.cos((line[0][1] * Math.PI) / 180);
  const lengths = line.slice(1).map(([lng, lat], k) => Math.hypot((lng - line[k][0]) * scale, lat - line[k][1]));
  const all = lengths.reduce((sum, length) => sum + length, 0);
  const [first, last] = [from * all, to * all];
  const places: [number, number][] = [];
  let walked = 0;
  const at = (k: number, metres: number): [number, number] => {
    const share = lengths[k] === 0 ? 0 : Math.min(1, (metres - walked) / lengths[k]);
    const [a, b] = [line[k], line[k + 1]];
    return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
  };
  for (let k = 0; k < lengths.length; k++) {
    const end = walked + lengths[k];
    if (places.length === 0 && (first <= end || k === lengths.length - 1)) places.push(at(k, first));
    if (places.length > 0) {
      if (last <= end || k === lengths.length - 1) {
        places.push(at(k, last));
        break;
      }
      places.push(line[k + 1]);
    }
    walked = end;
  }
  return places;
}
