import type { CalibrationPoint, FuelType, VehicleClass } from './vehicle';

const HOUR_MS = 3_600_000;
const DEGREE_METRES = 111_195;

/** What a sensor of the tank said at a place. Milliseconds, degrees; `level` in smallest units of the fuel. */
export interface LevelPoint {
  at: number;
  lat: number;
  lng: number;
  level: number;
  ignition: boolean | null;
  /** Which sensor of which tracker said it: what others say is not compared with it. */
  source: string;
}

/** Smallest units: below that a change is none, and what the engine burns at most in an hour while standing. */
export interface FuelThresholds {
  drop: number;
  refill: number;
  idlePerHour: number;
  pace: Pace;
}

/** How fast levels change where something is filled in, milliseconds. */
export interface Pace {
  /** Over how long a level is compared. */
  comparedMs: number;
  /** Pauses that are not longer are of one change. */
  pauseMs: number;
  /** Nobody fills in, or siphons off, for longer. */
  longestMs: number;
  /** How far back what was not over, or not confirmed, is looked at again. */
  againMs: number;
}

export interface FuelChange {
  kind: 'refill' | 'drop';
  beganAt: number;
  endedAt: number;
  /** Medians of the readings around, and how far they are apart; what the engine burned meanwhile is not a loss. */
  before: number;
  after: number;
  quantity: number;
  /** Between the readings next to it, without any median. */
  rawQuantity: number;
  lat: number;
  lng: number;
}

const LEAST: Record<VehicleClass, Omit<FuelThresholds, 'pace'>> = {
  car: { drop: 5_000, refill: 8_000, idlePerHour: 1_000 },
  van: { drop: 5_000, refill: 8_000, idlePerHour: 1_200 },
  motorcycle: { drop: 2_000, refill: 3_000, idlePerHour: 400 },
  truck: { drop: 5_000, refill: 10_000, idlePerHour: 3_000 },
  bus: { drop: 5_000, refill: 10_000, idlePerHour: 3_000 },
  machine: { drop: 5_000, refill: 10_000, idlePerHour: 5_000 },
  trailer: { drop: 5_000, refill: 10_000, idlePerHour: 2_000 },
};
/** Readings further apart say nothing about each other. */
export const SEES_MS = 4 * HOUR_MS;
const LIQUID: Pace = { comparedMs: 300_000, pauseMs: 120_000, longestMs: 2 * HOUR_MS, againMs: SEES_MS };
/** Charged overnight a level rises by a few hundredths an hour: one charge ends where it rises no more for an hour. */
const CHARGE: Pace = { comparedMs: HOUR_MS, pauseMs: HOUR_MS, longestMs: 20 * HOUR_MS, againMs: 14 * HOUR_MS };
/** Watt hours and part of the battery above which it was charged. */
const CHARGED = { least: 1_500, share: 0.03 };

export const paceOf = (fuel: FuelType): Pace => (fuel === 'electric' ? CHARGE : LIQUID);
/** How far from the beginning of a change readings before and after it count. */
export const countsBefore = ({ comparedMs }: Pace): number => SEES_MS + Math.max(2 * HOUR_MS, 2 * comparedMs);
export const countsAfter = ({ longestMs }: Pace): number => 2 * SEES_MS + longestMs;

/** Parts of the tank below which a change may be the sensor's. */
const DROP_SHARE = 0.03;
const REFILL_SHARE = 0.05;

/** A machine works where it stands, at times harder than its norm has it. */
const WORKS_HARDER = 1.5;

/**
 * By class and size of the tank (smallest units); a battery only loses what is driven.
 * @param norm smallest units for 100 km, for machines an hour
 */
export function thresholdsOf(
  vehicle: VehicleClass,
  fuel: FuelType,
  tank: number | null,
  norm: number | null = null,
): FuelThresholds {
  const { drop, refill, idlePerHour } = LEAST[vehicle];
  const pace = paceOf(fuel);
  if (fuel === 'electric')
    return { drop: Infinity, refill: Math.max(CHARGED.least, CHARGED.share * (tank ?? 0)), idlePerHour: 0, pace };
  return {
    pace,
    drop: Math.max(drop, DROP_SHARE * (tank ?? 0)),
    refill: Math.max(refill, REFILL_SHARE * (tank ?? 0)),
    idlePerHour: vehicle === 'machine' ? Math.max(idlePerHour, WORKS_HARDER * (norm ?? 0)) : idlePerHour,
  };
}

/** Past the ends of a table a sensor says so little that it may be its own error. */
const BEYOND = 0.05;

/** What a raw value means by a table, litres to millilitres; null past its ends, where the sensor is broken. */
export function levelOf(table: readonly CalibrationPoint[], raw: number): number | null {
  const [first, last] = [table[0], table[table.length - 1]];
  const slack = (last.raw - first.raw) * BEYOND;
  if (raw < first.raw - slack || raw > last.raw + slack) return null;
  const value = Math.min(Math.max(raw, first.raw), last.raw);
  const upper = Math.max(
    1,
    table.findIndex((point) => point.raw >= value),
  );
  const [low, high] = [table[upper - 1], table[upper]];
  const amount = low.amount + ((high.amount - low.amount) * (value - low.raw)) / (high.raw - low.raw);
  return Math.round(amount * 1000);
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const metres = (a: LevelPoint, b: LevelPoint): number =>
  Math.hypot((a.lat - b.lat) * DEGREE_METRES, (a.lng - b.lng) * DEGREE_METRES * Math.cos((a.lat * Math.PI) / 180));

/** Points on both sides over which a median is taken, and how far away in time. */
const SMOOTH = 2;
const SMOOTH_MS = HOUR_MS / 2;

/** Levels without what single readings make up: the median of five. */
export function smoothed(points: readonly LevelPoint[]): number[] {
  return points.map(({ at, source }, i) => {
    const near = points.slice(Math.max(0, i - SMOOTH), i + SMOOTH + 1);
    return median(
      near.filter((p) => p.source === source && Math.abs(p.at - at) <= SMOOTH_MS).map(({ level }) => level),
    );
  });
}

/** How far a vehicle that stands may seem to go. */
const STANDS_METRES = 200;
/** Indexes of readings over which a level rises or falls. */
interface Run {
  sign: number;
  first: number;
  last: number;
}
/** Readings before and after a change, how many confirm it, and how far away they count. */
const AROUND = 5;
const CONFIRMED_BY = 3;
/** Sloshing and noise: a change is further than so many of their deviations. */
const DEVIATIONS = 3;

/**
 * Refills and drops of a vehicle that stands, in the order of time. Each depends only on readings from `countsBefore`
 * before its beginning until `countsAfter` after it: the same for a whole track as for its parts that overlap by that much.
 */
export function changesOf(given: readonly LevelPoint[], thresholds: FuelThresholds): FuelChange[] {
  const points = [...given].sort((a, b) => a.at - b.at);
  const levels = smoothed(points);
  const { pace } = thresholds;
  const active = Math.min(thresholds.drop, thresholds.refill) / 4;
  const runs: Run[] = [];
  for (let i = 1; i < points.length; i++) {
    const from = comparedWith(points, i, pace);
    const delta = from === null ? 0 : levels[i] - levels[from];
    if (from === null || Math.abs(delta) < active) continue;
    const run = runs.at(-1);
    const [sign, last] = [Math.sign(delta), run?.last ?? -1];
    const paused = last < 0 || (i - 1 > last && points[i - 1].at - points[last].at > pace.pauseMs);
    if (run && !paused && run.sign === sign && from <= last) run.last = i;
    else runs.push({ sign, first: from, last: i });
  }
  // What goes on at the last reading is not over.
  return runs.flatMap((run) => (run.last < points.length - 1 ? (changeOf(points, levels, run, thresholds) ?? []) : []));
}

/** The earliest reading of the source within the time that is compared, else the one before, from which on the vehicle stood; null where it moved. */
function comparedWith(points: readonly LevelPoint[], i: number, { comparedMs }: Pace): number | null {
  let from = i - 1;
  if (points[from].source !== points[i].source) return null;
  if (points[i].at - points[from].at > SEES_MS || metres(points[from], points[i]) > STANDS_METRES) return null;
  while (from > 0 && points[i].at - points[from - 1].at <= comparedMs) {
    if (points[from - 1].source !== points[i].source || metres(points[from - 1], points[i]) > STANDS_METRES) break;
    from--;
  }
  return from;
}

function changeOf(
  points: readonly LevelPoint[],
  levels: readonly number[],
  { sign, first, last }: Run,
  { drop, refill, idlePerHour, pace }: FuelThresholds,
): FuelChange | null {
  const [low, high] = [levels[first], levels[last]];
  const slack = Math.min(Math.abs(high - low) / 10, Math.min(drop, refill) / 8);
  let begin = first;
  while (begin < last && Math.abs(levels[begin + 1] - low) <= slack) begin++;
  let end = last;
  while (end > begin + 1 && Math.abs(levels[end - 1] - high) <= slack) end--;
  const [beganAt, endedAt] = [points[begin].at, points[end].at];
  if (endedAt - beganAt > pace.longestMs + SEES_MS) return null;
  const near = ({ at, source }: LevelPoint): boolean =>
    source === points[begin].source && beganAt - at <= SEES_MS && at - endedAt <= SEES_MS;
  // What a battery had on its way there is more than what it had when it was plugged in.
  const there = (point: LevelPoint): boolean => pace !== CHARGE || metres(point, points[begin]) <= STANDS_METRES;
  const before = points
    .slice(Math.max(0, begin - AROUND + 1), begin + 1)
    .filter((point) => near(point) && there(point));
  const after = points.slice(end, end + AROUND).filter(near);
  if (after.length < CONFIRMED_BY) return null;
  const [was, is] = [median(before.map(({ level }) => level)), median(after.map(({ level }) => level))];
  const deviations = [
    ...before.map(({ level }) => Math.abs(level - was)),
    ...after.map(({ level }) => Math.abs(level - is)),
  ];
  const noise = 1.4826 * median(deviations);
  let burned = 0;
  for (let i = begin + 1; i <= end; i++)
    if (points[i].ignition && points[i - 1].ignition)
      burned += (idlePerHour * (points[i].at - points[i - 1].at)) / HOUR_MS;
  const quantity = sign > 0 ? is - was : was - is - burned;
  if (quantity < Math.max(sign > 0 ? refill : drop, DEVIATIONS * noise)) return null;
  const { lat, lng } = points[end];
  return {
    ...{ kind: sign > 0 ? 'refill' : 'drop', beganAt, endedAt, lat, lng },
    ...{ before: Math.round(was), after: Math.round(is), quantity: Math.round(quantity) },
    rawQuantity: Math.abs(points[end].level - points[begin].level),
  };
}
