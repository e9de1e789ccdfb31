import type { RoadTraffic } from '../../contracts/routes';
import type { RoadGraph } from './graph';
import { ROAD_CLASSES } from './road-tags';
import type { Conditions } from './search';
import { snap } from './snap';

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

  /**
   * Milliseconds that a road takes when it is entered at `at` (ms of the epoch), where it takes `free` when empty. It is driven at the
   * speed of each hour in turn: who enters later never leaves earlier.
   */
  duration(kind: number, at: number, free: number): number {
    let left = free;
    let now = at;
    for (let turns = 0; turns < 1_000; turns++) {
      const local = now + this.zoneMinutes * 60_000;
      const hour = Math.floor(local / HOUR_MS);
      const factor = this.factors[kind * HOURS + (((hour % HOURS) + HOURS) % HOURS)];
      const until = (hour + 1) * HOUR_MS - local;
      if (left * factor <= until) return now + left * factor - at;
      left -= until / factor;
      now += until;
    }
    return now + left - at;
  }
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
  return { conditions: { traffic, departMs: told.departMs, slow }, missed };
}
