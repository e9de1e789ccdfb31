import type { Area, RoadSelection, StoredTraffic } from '../../contracts/stored-traffic';
import { PER_DEGREE, type RoadGraph } from './graph';
import { ROAD_CLASSES, type RoadClass } from './road-tags';

export const WEEK_HOURS = 168;
const HOUR_MS = 3_600_000;
/** A road that opens within a day may be waited for; one that opens later is closed. */
const MOST_WAIT_MS = 86_400_000;
/** However many overrides lie on a road, together they make it at most so much slower. */
const MOST_SLOWER = 1_000;
/** The epoch began on a Thursday; weeks begin on Monday. */
const THURSDAY = 72;

/** A road that is slow (`factor`) or closed (null) for a time, milliseconds of the epoch. */
interface Spell {
  factor: number | null;
  fromMs: number;
  untilMs: number;
}

/** What is kept about a road: factors by the hour of the week, and spells. */
export interface Regime {
  hours: readonly number[] | null;
  spells: readonly Spell[];
}

const NOTHING: Regime = { hours: null, spells: [] };

/**
 * What an organization keeps of traffic, road by road. Of the rules of its profile that fit a road the last one counts; spells are times on
 * top of it. Made for one question, from what came with it: nothing is left for the next.
 */
export class StoredRoads {
  /** By edge: 0 not looked up yet, else 1 + number of its regime. */
  private readonly known: Uint16Array;
  private readonly regimes: Regime[] = [NOTHING];
  private readonly byKey = new Map<string, number>([['|', 0]]);
  private readonly rules: ((edge: number) => boolean)[];
  private readonly spells: ((edge: number) => boolean)[];

  constructor(
    graph: RoadGraph,
    private readonly stored: StoredTraffic,
  ) {
    this.known = new Uint16Array(graph.edges);
    this.rules = (stored.profile?.rules ?? []).map((rule) => selects(graph, rule));
    this.spells = stored.overrides.map((override) => selects(graph, override));
  }

  of(edge: number): Regime {
    const known = this.known[edge];
    if (known > 0) return this.regimes[known - 1];
    const rule = this.rules.findLastIndex((fits) => fits(edge));
    const spells = this.spells.flatMap((fits, k) => (fits(edge) ? [k] : []));
    const key = `${rule < 0 ? '' : rule}|${spells.join()}`;
    let number = this.byKey.get(key);
    if (number === undefined) {
      number = this.regimes.length;
      this.byKey.set(key, number);
      const overrides = spells.map((k) => this.stored.overrides[k]);
      this.regimes.push({ hours: this.stored.profile?.rules[rule]?.hours ?? null, spells: overrides });
    }
    // Where there are more kinds than numbers, the rest are looked up each time.
    if (number < 0xffff) this.known[edge] = number + 1;
    return this.regimes[number];
  }

  /** How many times slower a road is made by spells at a moment; Infinity: closed. */
  factorAt(edge: number, at: number): number {
    const factor = this.of(edge).spells.reduce(
      (product, spell) => (isOn(spell, at) ? product * (spell.factor ?? Infinity) : product),
      1,
    );
    return factor === Infinity ? factor : Math.min(MOST_SLOWER, factor);
  }

  /** When a road that is entered at a moment is open; Infinity where that is more than a day away. */
  openAt({ spells }: Regime, at: number): number {
    let now = at;
    for (let turns = 0; turns <= spells.length; turns++) {
      const closed = spells.find((spell) => spell.factor === null && isOn(spell, now));
      if (!closed) return now;
      if (closed.untilMs - at > MOST_WAIT_MS) return Infinity;
      now = closed.untilMs;
    }
    return now;
  }

  /** How slow a road is at a moment, and until when that holds. A closed one is driven on by whoever is on it. */
  pace({ hours, spells }: Regime, at: number): { factor: number; until: number } {
    let [factor, until] = [1, Infinity];
    if (hours && this.stored.profile) {
      const { offset } = this.stored.profile;
      const before = offset.changesAtMs === null || at < offset.changesAtMs;
      const local = at + (before ? offset.minutes : offset.minutesAfter) * 60_000;
      const hour = Math.floor(local / HOUR_MS);
      factor = hours[(((hour + THURSDAY) % WEEK_HOURS) + WEEK_HOURS) % WEEK_HOURS];
      until = at + (hour + 1) * HOUR_MS - local;
      if (before && offset.changesAtMs !== null) until = Math.min(until, offset.changesAtMs);
    }
    for (const spell of spells) {
      if (isOn(spell, at)) {
        factor *= spell.factor ?? 1;
        until = Math.min(until, spell.untilMs);
      } else if (spell.fromMs > at) until = Math.min(until, spell.fromMs);
    }
    return { factor: Math.min(MOST_SLOWER, factor), until };
  }
}

const isOn = ({ fromMs, untilMs }: Spell, at: number): boolean => fromMs <= at && at < untilMs;

/** Does a selection mean a road? All that it names must fit; one that names nothing means every road. */
function selects(graph: RoadGraph, { kinds, wayIds, area }: RoadSelection): (edge: number) => boolean {
  const { edgeWay, wayClass, wayId } = graph.at;
  const classes = kinds && new Set(kinds.map((kind) => ROAD_CLASSES.indexOf(kind as RoadClass)));
  const ways = wayIds && new Set(wayIds);
  return (edge) => {
    const way = edgeWay[edge];
    return (
      (!classes || classes.has(wayClass[way])) &&
      (!ways || ways.has(wayId[way])) &&
      (!area || touches(graph, edge, area))
    );
  };
}

/** Does any part of a road lie in a box? */
function touches(graph: RoadGraph, edge: number, { west, south, east, north }: Area): boolean {
  const { shapeFirst, shapeLat, shapeLng } = graph.at;
  const box = [west, south, east, north].map((degrees) => degrees * PER_DEGREE);
  for (let k = shapeFirst[edge]; k + 1 < shapeFirst[edge + 1]; k++)
    if (passes(shapeLng[k], shapeLat[k], shapeLng[k + 1], shapeLat[k + 1], box)) return true;
  return false;
}

/** Does a line pass a box? Clipped side by side (Liang & Barsky 1984). */
function passes(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  [west, south, east, north]: readonly number[],
): boolean {
  let [from, to] = [0, 1];
  for (const [start, change, low, high] of [
    [ax, bx - ax, west, east],
    [ay, by - ay, south, north],
  ]) {
    if (change === 0) {
      if (start < low || start > high) return false;
      continue;
    }
    const [a, b] = [(low - start) / change, (high - start) / change];
    from = Math.max(from, Math.min(a, b));
    to = Math.min(to, Math.max(a, b));
    if (from > to) return false;
  }
  return true;
}
