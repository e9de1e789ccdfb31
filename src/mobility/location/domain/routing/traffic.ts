import type { RoadTraffic } from '../../contracts/routes';
import type { RoadGraph } from './graph';
import { ROAD_CLASSES } from './road-tags';
import type { Conditions } from './search';
import { snap } from './snap';
import { StoredRoads, type Regime } from './stored-traffic';

export const HOURS = 24;
/** Traffic makes roads at most so much slower than they are when empty; never faster, so that bounds of a search hold. */
export const MOST_FACTOR = 10;
/** What is told of a road must be so near to it (metres). */
const MOST_ASIDE = 100;
const HOUR_MS = 3_600_000;

/** How many times longer roads take than without traffic, by kind and hour of the day. */
export class Traffic {
  private readonly factors = new Float64Array(ROAD_CLASSES.length * HOURS).fill(1);

  /**
   * @param profile 24 factors from 1 on by kind of road; `all` is for kinds that are not named
   * @param zoneMinutes minutes that the local time of the roads is ahead of UTC
   */
  constructor(
    profile: Readonly<Record<string, readonly number[]>>,
    private readonly zoneMinutes: number,
  ) {
    ROAD_CLASSES.forEach((kind, k) => {
      const hours = profile[kind] ?? (profile.all as readonly number[] | undefined);
      for (let hour = 0; hour < HOURS; hour++)
        this.factors[k * HOURS + hour] = Math.min(MOST_FACTOR, Math.max(1, hours?.[hour] ?? 1));
    });
  }

  /** How slow a road is at a moment (ms of the epoch), and until when that holds. */
  pace(kind: number, at: number): Pace {
    const local = at + this.zoneMinutes * 60_000;
    const hour = Math.floor(local / HOUR_MS);
    const factor = this.factors[kind * HOURS + (((hour % HOURS) + HOURS) % HOURS)];
    return { factor, until: at + (hour + 1) * HOUR_MS - local };
  }

  /** Milliseconds that a road takes when it is entered at `at`, where it takes `free` when empty. */
  duration(kind: number, at: number, free: number): number {
    return drive(at, free, (now) => this.pace(kind, now));
  }
}

export interface Pace {
  factor: number;
  until: number;
}

/** Milliseconds of driving at the speed of each moment in turn: who enters later never leaves earlier (FIFO). */
export function drive(at: number, free: number, pace: (now: number) => Pace): number {
  let left = free;
  // Counted from the beginning: times of the epoch are too large to be added to exactly.
  let passed = 0;
  for (let turns = 0; turns < 1_000; turns++) {
    const { factor, until } = pace(at + passed);
    const lasts = until - at - passed;
    if (left * factor <= lasts) return passed + left * factor;
    left -= lasts / factor;
    passed += lasts;
  }
  return passed + left;
}

/**
 * Milliseconds that a road takes by what was told and what is kept, which come on top of each other. @param waits are closed roads waited for?
 */
export function driveOn(
  stored: StoredRoads,
  regime: Regime,
  told: { traffic: Traffic | null; kind: number; waits: boolean },
  at: number,
  free: number,
): number {
  const open = told.waits ? stored.openAt(regime, at) : at;
  if (open === Infinity) return Infinity;
  const driven = drive(open, free, (now) => {
    const one = stored.pace(regime, now);
    if (!told.traffic) return one;
    const other = told.traffic.pace(told.kind, now);
    return { factor: one.factor * other.factor, until: Math.min(one.until, other.until) };
  });
  return open - at + driven;
}

/** The conditions of a search by what is told of the roads. @returns also how many places of it lie beside no road */
export function conditionsOf(
  graph: RoadGraph,
  told: RoadTraffic | undefined,
): { conditions: Omit<Conditions, 'weights'>; missed: number } {
  if (!told) return { conditions: {}, missed: 0 };
  const slow = new Map<number, number>();
  let missed = 0;
  for (const { lat, lng, factor } of told.roads) {
    const on = snap(graph, lat, lng);
    if (on && on.metres <= MOST_ASIDE) slow.set(on.edge, Math.max(factor, slow.get(on.edge) ?? 1));
    else missed++;
  }
  const traffic = new Traffic(told.factors, told.utcOffsetMinutes);
  const { profile, overrides } = told.stored ?? { profile: null, overrides: [] };
  const stored = told.stored && (profile || overrides.length > 0) ? new StoredRoads(graph, told.stored) : null;
  return { conditions: { traffic, departMs: told.departMs, slow, stored }, missed };
}
