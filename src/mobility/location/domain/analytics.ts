import { DateTime } from 'luxon';
import { FILTER_REASONS, type FilterReason } from './filter';
import { bandOf, JourneyFold, SILENCE_MS, SPEED_BANDS, type Step, type TripPoint } from './trips';

export const GROUPINGS = ['day', 'week', 'month', 'tracker'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Ignition that is not told again within this (milliseconds) is not taken to be on all the while. */
const MOST_IDLE_STEP_MS = 600_000;

/** A fix as it is counted, believed or not. */
export interface CountedFix extends TripPoint {
  reason: FilterReason | null;
  /** Null where the device does not say. */
  ignition: boolean | null;
}

/** What a device did in a stretch of time. Metres, seconds, m/s; times in milliseconds. */
export interface Activity {
  distance: number;
  movingSeconds: number;
  stoppedSeconds: number;
  /** Of `stoppedSeconds`, with the ignition on. */
  idleSeconds: number;
  /** Seconds and metres over which the device was silent and moved: nothing is known but the ends. */
  silentSeconds: number;
  silentDistance: number;
  /** That began in it. */
  trips: number;
  stops: number;
  /** Null where it did not move. */
  averageSpeed: number | null;
  maxSpeed: number | null;
  /** Seconds of movement in each band of `SPEED_BANDS`. */
  speedProfile: number[];
  fixes: { received: number; believed: number; refused: Record<FilterReason, number> };
  /** Silences of more than an hour between fixes that are believed: how many began in it, and the seconds of all that lie in it. */
  gaps: { count: number; seconds: number };
  firstFixTime: number | null;
  lastFixTime: number | null;
}

const nothing = (): Activity => ({
  distance: 0,
  movingSeconds: 0,
  stoppedSeconds: 0,
  idleSeconds: 0,
  silentSeconds: 0,
  silentDistance: 0,
  trips: 0,
  stops: 0,
  averageSpeed: null,
  maxSpeed: null,
  speedProfile: [...SPEED_BANDS, 0].map(() => 0),
  fixes: {
    received: 0,
    believed: 0,
    refused: Object.fromEntries(FILTER_REASONS.map((reason) => [reason, 0])) as Record<FilterReason, number>,
  },
  gaps: { count: 0, seconds: 0 },
  firstFixTime: null,
  lastFixTime: null,
});

/**
 * The bounds of the days, ISO weeks or months of a zone that lie in a period, and its own ends (milliseconds). A day may have 23 or
 * 25 hours.
 */
export function boundsOf(from: number, to: number, grouping: Grouping, timeZone: string): number[] {
  const bounds = [from];
  if (grouping !== 'tracker') {
    let next = DateTime.fromMillis(from, { zone: timeZone }).startOf(grouping);
    for (;;) {
      // From the beginning of each, since not every day begins at the same time of the clock.
      next = next.plus({ [grouping]: 1 }).startOf(grouping);
      if (next.toMillis() >= to) break;
      if (next.toMillis() > from) bounds.push(next.toMillis());
    }
  }
  return [...bounds, to];
}

/**
 * Counts what a device did in each of some stretches of time, in one pass and by the same rules as its trips are found by. What lies
 * on both sides of a bound is split by time, so that the stretches sum up to the whole.
 */
export class ActivityTally {
  readonly activities: Activity[];
  private readonly fold: JourneyFold<CountedFix>;
  private last: CountedFix | null = null;

  /** @param bounds in order; a stretch lies between two that follow each other */
  constructor(private readonly bounds: readonly number[]) {
    this.activities = bounds.slice(1).map(nothing);
    this.fold = new JourneyFold<CountedFix>({
      step: (step) => this.step(step),
      trip: ({ startTime }) => (this.at(startTime).trips += 1),
      stop: ({ startTime }) => (this.at(startTime).stops += 1),
    });
  }

  /** The next fix, later than those before. */
  take(fix: CountedFix): void {
    const activity = this.at(fix.fixTime);
    activity.firstFixTime ??= fix.fixTime;
    activity.lastFixTime = fix.fixTime;
    activity.fixes.received += 1;
    if (fix.reason !== null) {
      activity.fixes.refused[fix.reason] += 1;
      return;
    }
    activity.fixes.believed += 1;
    if (this.last && fix.fixTime - this.last.fixTime > SILENCE_MS) {
      this.at(this.last.fixTime).gaps.count += 1;
      this.split(this.last.fixTime, fix.fixTime, (it, share, seconds) => (it.gaps.seconds += share * seconds));
    }
    this.last = fix;
    this.fold.take(fix);
  }

  /** No fix follows. @returns what each of the stretches had */
  end(): Activity[] {
    this.fold.end();
    for (const it of this.activities) it.averageSpeed = averageOf(it);
    return this.activities;
  }

  private step({ from, to, kind, distance, speed }: Step<CountedFix>): void {
    const idles = from.ignition === true && to.ignition === true && to.fixTime - from.fixTime <= MOST_IDLE_STEP_MS;
    this.split(from.fixTime, to.fixTime, (it, share, seconds) => {
      const part = share * seconds;
      it.distance += share * distance;
      if (kind === 'moving') {
        it.movingSeconds += part;
        it.speedProfile[bandOf(speed)] += part;
      } else if (kind === 'gap') {
        it.silentSeconds += part;
        it.silentDistance += share * distance;
      } else {
        it.stoppedSeconds += part;
        if (idles) it.idleSeconds += part;
      }
      if (kind !== 'standing') it.maxSpeed = Math.max(it.maxSpeed ?? 0, speed);
    });
  }

  private split(from: number, to: number, tell: (activity: Activity, share: number, seconds: number) => void): void {
    const seconds = (to - from) / 1000;
    for (let k = this.indexOf(from); k < this.activities.length && this.bounds[k] < to; k++) {
      const part = Math.min(to, this.bounds[k + 1]) - Math.max(from, this.bounds[k]);
      tell(this.activities[k], part / (to - from), seconds);
    }
  }

  private at(time: number): Activity {
    return this.activities[this.indexOf(time)];
  }

  /** The last bound that is not after a time. */
  private indexOf(time: number): number {
    let [low, high] = [0, this.bounds.length - 2];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.bounds[middle] <= time) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

const averageOf = (it: Activity): number | null =>
  it.movingSeconds > 0 ? (it.distance - it.silentDistance) / it.movingSeconds : null;

/** All of some activities together, those that are earlier first. */
export function totalOf(activities: readonly Activity[]): Activity {
  const total = nothing();
  for (const it of activities) {
    for (const key of SUMS) total[key] += it[key];
    it.speedProfile.forEach((seconds, band) => (total.speedProfile[band] += seconds));
    total.fixes.received += it.fixes.received;
    total.fixes.believed += it.fixes.believed;
    for (const reason of FILTER_REASONS) total.fixes.refused[reason] += it.fixes.refused[reason];
    total.gaps.count += it.gaps.count;
    total.gaps.seconds += it.gaps.seconds;
    if (it.maxSpeed !== null) total.maxSpeed = Math.max(total.maxSpeed ?? 0, it.maxSpeed);
    total.firstFixTime ??= it.firstFixTime;
    total.lastFixTime = it.lastFixTime ?? total.lastFixTime;
  }
  total.averageSpeed = averageOf(total);
  return total;
}

const SUMS = [
  'distance',
  'movingSeconds',
  'stoppedSeconds',
  'idleSeconds',
  'silentSeconds',
  'silentDistance',
  'trips',
  'stops',
] as const;
