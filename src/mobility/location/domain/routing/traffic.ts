import { ROAD_CLASSES, type RoadClass } from './road-tags';

export const HOURS = 24;
/** Traffic makes roads at most so much slower than they are when empty; never faster, so that bounds of a search hold. */
export const MOST_FACTOR = 10;
const HOUR_MS = 3_600_000;

/** How many times longer roads take than without traffic, by kind and hour of the day. */
export class Traffic {
  private readonly factors = new Float64Array(ROAD_CLASSES.length * HOURS).fill(1);

  /**
   * @param profile 24 factors from 1 on by kind of road; `all` is for kinds that are not named
   * @param zoneMinutes minutes that the local time of the roads is ahead of UTC
   */
  constructor(
    profile: Readonly<Partial<Record<RoadClass | 'all', readonly number[]>>>,
    private readonly zoneMinutes: number,
  ) {
    ROAD_CLASSES.forEach((kind, k) => {
      const hours = profile[kind] ?? profile.all;
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
