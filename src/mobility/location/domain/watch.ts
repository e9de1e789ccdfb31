import {
  hoursView,
  isOpen,
  nextChange,
  readHours,
  ZONE_NAME,
  type Day,
  type HoursSpan,
  type OpeningHours,
} from './opening-hours';
import type { PlaceFault } from './places.errors';

/** When a fence is watched, as it is sent and shown: `to` at or before `from` is on the next day. */
export interface FenceSchedule {
  /** IANA time zone. */
  timeZone: string;
  week: (HoursSpan & { day: Day })[];
}

const DAY_MS = 86_400_000;
/** Days that are worked out and kept; a long replay goes through more of them, one after the other. */
const MOST_DAYS = 8;

/** Time until `until` (milliseconds since 1970, exclusive; Infinity for ever) in which it is watched, or is not. */
interface Stretch {
  until: number;
  watched: boolean;
}

/** The hours of a fence, worked out by day of UTC as they are asked for: a fix is held against many fences. */
export class Watch {
  private readonly days = new Map<number, Stretch[]>();

  constructor(private readonly hours: OpeningHours) {}

  /** What it takes to hold it, in positions of 30 bytes. */
  get weight(): number {
    return 64 + 2 * this.hours.week.reduce((sum, spans) => sum + spans.length, 0);
  }

  /** When the watch ends that is kept at an instant (milliseconds, exclusive), Infinity for never; null while none is kept. */
  until(atMs: number): number | null {
    const { until, watched } = this.dayOf(Math.floor(atMs / DAY_MS)).find((it) => atMs < it.until)!;
    return watched ? until : null;
  }

  private dayOf(day: number): readonly Stretch[] {
    const held = this.days.get(day);
    if (held) return held;
    const stretches: Stretch[] = [];
    let watched = isOpen(this.hours, day * DAY_MS)!;
    for (let from = day * DAY_MS; from < (day + 1) * DAY_MS; watched = !watched) {
      from = nextChange(this.hours, from) ?? Infinity;
      stretches.push({ until: from, watched });
    }
    if (this.days.size >= MOST_DAYS) this.days.delete(this.days.keys().next().value!);
    this.days.set(day, stretches);
    return stretches;
  }
}

/** Reads a schedule as it is sent, or says what is wrong with it: pointers are into the schedule. */
export function readSchedule({ timeZone, week }: FenceSchedule): OpeningHours | PlaceFault {
  const zone = { pointer: '/timeZone', code: 'zone', detail: `"${timeZone}" is no time zone such as Europe/Vienna.` };
  if (!ZONE_NAME.test(timeZone)) return zone;
  if (week.length === 0)
    return { pointer: '/week', code: 'empty', detail: 'Tell when it is watched; without a schedule it always is.' };
  const hours = readHours({ zone: timeZone, week });
  return 'code' in hours && hours.code === 'zone' ? zone : hours;
}

/** A schedule as it is shown: spans by day, in order. */
export const scheduleView = (hours: OpeningHours): FenceSchedule => {
  const { zone, week } = hoursView(hours);
  return { timeZone: zone, week };
};
