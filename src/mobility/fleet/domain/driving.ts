import type { VehicleClass } from './vehicle';

/** A believed position. m/s, degrees clockwise from north, metres. */
export interface DrivenPoint {
  /** Milliseconds. */
  at: number;
  lat: number;
  lng: number;
  speed: number | null;
  course: number | null;
  accuracy: number | null;
  /** Null where the device does not say. */
  ignition: boolean | null;
}

export const DRIVING_EVENTS = ['harsh_acceleration', 'harsh_braking', 'harsh_cornering', 'speeding', 'idling'] as const;
export type DrivingEventKind = (typeof DRIVING_EVENTS)[number];

export interface DrivingEvent {
  kind: DrivingEventKind;
  /** RFC 3339. */
  at: string;
  seconds: number;
  /** g of harsh ones, m/s of speeding, 0 of idling. */
  peak: number;
  lat: number;
  lng: number;
}

/** What counts as harsh, in g, and the speed that a class may drive anywhere, in m/s. */
export interface Thresholds {
  acceleration: number;
  braking: number;
  cornering: number;
  limit: number;
}

/** There is no standard: makers of trackers publish 0.2 to 0.56 g. Heavier vehicles are judged more strictly. */
export const THRESHOLDS: Record<VehicleClass, Thresholds> = {
  car: { acceleration: 0.4, braking: 0.42, cornering: 0.45, limit: 130 / 3.6 },
  motorcycle: { acceleration: 0.4, braking: 0.42, cornering: 0.45, limit: 130 / 3.6 },
  van: { acceleration: 0.35, braking: 0.36, cornering: 0.38, limit: 120 / 3.6 },
  truck: { acceleration: 0.28, braking: 0.3, cornering: 0.28, limit: 90 / 3.6 },
  bus: { acceleration: 0.28, braking: 0.3, cornering: 0.28, limit: 100 / 3.6 },
  machine: { acceleration: 0.28, braking: 0.3, cornering: 0.28, limit: 60 / 3.6 },
  trailer: { acceleration: 0.28, braking: 0.3, cornering: 0.28, limit: 90 / 3.6 },
};

export interface Driven {
  events: DrivingEvent[];
  speedingSeconds: number;
  /** That the engine ran, by the device or because the vehicle moved; of each silence ten minutes at most. */
  engineSeconds: number;
  nightSeconds: number;
  /** Positions came too seldom to tell harsh driving: that none is listed proves nothing. */
  lowResolution: boolean;
}

const G = 9.80665;
/** Wider steps hide peaks, so that they make no event rather than a false one. */
const FINE_SECONDS = 2;
const FINE_METRES = 15;
const HELD_SECONDS = 1;
const CORNER_SPEED = 5;
const OVER = (limit: number): number => limit * 1.05 + 3 / 3.6;
const SPEEDING_SECONDS = 10;
/** What lies between two positions further apart belongs to no run. */
export const GAP_SECONDS = 600;
const [NIGHT_FROM, NIGHT_UNTIL] = [22, 6];

/**
 * How a trip was driven; idling is of stops, see `idlingOf`. The same for any order, chunking and repetition of its points: they are put in order and each
 * moment counts once.
 */
export function drivenOf(given: readonly DrivenPoint[], limits: Thresholds): Driven {
  const points = inOrder(given);
  const speeds = medianOfThree(points.map((point) => point.speed));
  const steps = points.slice(1).map((point, i) => {
    const seconds = (point.at - points[i].at) / 1000;
    const fine = seconds <= FINE_SECONDS && accurate(points[i]) && accurate(point);
    const [before, after] = [speeds[i], speeds[i + 1]];
    const known = fine && before !== null && after !== null;
    return {
      from: points[i],
      to: point,
      seconds,
      fine,
      g: known ? (after - before) / seconds / G : 0,
      lateral: known ? lateralOf(points[i], point, Math.min(before, after), seconds) : 0,
      speed: before !== null && after !== null ? Math.min(before, after) : null,
    };
  });
  const runs = (kind: DrivingEventKind, least: number, value: (step: (typeof steps)[number]) => number | null) =>
    runsOf(steps, kind, least, value);
  const speeding = runs('speeding', SPEEDING_SECONDS, (step) =>
    step.speed !== null && step.speed > OVER(limits.limit) ? step.speed : null,
  );
  const harsh = [
    ...runs('harsh_acceleration', HELD_SECONDS, (step) => (step.g >= limits.acceleration ? step.g : null)),
    ...runs('harsh_braking', HELD_SECONDS, (step) => (-step.g >= limits.braking ? -step.g : null)),
    ...runs('harsh_cornering', HELD_SECONDS, (step) => (step.lateral >= limits.cornering ? step.lateral : null)),
  ];
  const total = steps.reduce((sum, step) => sum + step.seconds, 0);
  const fineSeconds = steps.reduce((sum, step) => sum + (step.fine ? step.seconds : 0), 0);
  return {
    events: [...harsh, ...speeding].sort((a, b) => (a.at === b.at ? (a.kind < b.kind ? -1 : 1) : a.at < b.at ? -1 : 1)),
    speedingSeconds: speeding.reduce((sum, { seconds }) => sum + seconds, 0),
    engineSeconds: steps.reduce((sum, { from, to, seconds }) => {
      const off = from.ignition === false || to.ignition === false;
      return sum + (off ? 0 : Math.min(seconds, GAP_SECONDS));
    }, 0),
    nightSeconds: steps.reduce(
      (sum, { from, seconds }) => sum + (atNight(from.at) ? Math.min(seconds, GAP_SECONDS) : 0),
      0,
    ),
    lowResolution: fineSeconds < total / 2,
  };
}

export interface Step {
  from: DrivenPoint;
  seconds: number;
}

/** Steps in a row of which all have a value, where they last long enough; the value of the run is the greatest. */
export function runsOf<S extends Step>(
  steps: readonly S[],
  kind: DrivingEventKind,
  least: number,
  value: (step: S) => number | null,
): DrivingEvent[] {
  const events: DrivingEvent[] = [];
  let run: { first: S; seconds: number; peak: number } | null = null;
  const end = (): void => {
    if (run && run.seconds >= least) {
      const { first, seconds, peak } = run;
      const at = new Date(first.from.at).toISOString();
      events.push({ kind, at, seconds, peak, lat: first.from.lat, lng: first.from.lng });
    }
    run = null;
  };
  for (const step of steps) {
    const found = step.seconds > GAP_SECONDS ? null : value(step);
    if (found === null) end();
    else if (run === null) run = { first: step, seconds: step.seconds, peak: found };
    else {
      const open: { first: S; seconds: number; peak: number } = run;
      run = { ...open, seconds: open.seconds + step.seconds, peak: Math.max(open.peak, found) };
    }
  }
  end();
  return events;
}

/** Each moment once, in the order of time; of several that claim one moment always the same is taken. */
export function inOrder(points: readonly DrivenPoint[]): DrivenPoint[] {
  const rank = ({ lat, lng, speed, course }: DrivenPoint): string => JSON.stringify([lat, lng, speed, course]);
  const sorted = [...points].sort((a, b) => a.at - b.at || (rank(a) < rank(b) ? -1 : 1));
  return sorted.filter((point, i) => i === 0 || point.at !== sorted[i - 1].at);
}

/** Takes away single outliers, leaves ramps as they are. */
export function medianOfThree(speeds: readonly (number | null)[]): (number | null)[] {
  return speeds.map((speed, i) => {
    const [before, after] = [speeds[i - 1], speeds[i + 1]];
    if (speed === null || before === null || before === undefined || after === null || after === undefined)
      return speed;
    return [before, speed, after].sort((a, b) => a - b)[1];
  });
}

const accurate = (point: DrivenPoint): boolean => point.accuracy === null || point.accuracy <= FINE_METRES;

function lateralOf(from: DrivenPoint, to: DrivenPoint, speed: number, seconds: number): number {
  if (from.course === null || to.course === null || speed <= CORNER_SPEED) return 0;
  const turned = Math.abs(((to.course - from.course + 540) % 360) - 180);
  return (speed * ((turned * Math.PI) / 180)) / seconds / G;
}

/** By UTC, as the tracks have no other clock. */
function atNight(at: number): boolean {
  const hour = new Date(at).getUTCHours();
  return hour >= NIGHT_FROM || hour < NIGHT_UNTIL;
}

/** What a score is made from: sums, so that parts of a trip give the same as the whole. */
export interface DrivenTotals {
  metres: number;
  harshAcceleration: number;
  harshBraking: number;
  harshCornering: number;
  speedingSeconds: number;
  idleSeconds: number;
  nightSeconds: number;
}

/** Less says nothing. */
export const LEAST_METRES = 50_000;
/** Of one event, minute or hour for 100 km. */
export const SCORE_WEIGHTS = {
  braking: 2,
  cornering: 2,
  acceleration: 1.5,
  speedingMinute: 1,
  nightHour: 0.5,
  idleMinute: 0.2,
};

/** 0 to 100, 100 where nothing happened: 100 × exp(-Σ weight × rate per 100 km / 100). Null: too little was driven. */
export function scoreOf(totals: DrivenTotals): number | null {
  if (totals.metres < LEAST_METRES) return null;
  const per100 = 100_000 / totals.metres;
  const weighed =
    SCORE_WEIGHTS.braking * totals.harshBraking +
    SCORE_WEIGHTS.cornering * totals.harshCornering +
    SCORE_WEIGHTS.acceleration * totals.harshAcceleration +
    (SCORE_WEIGHTS.speedingMinute * totals.speedingSeconds) / 60 +
    (SCORE_WEIGHTS.nightHour * totals.nightSeconds) / 3_600 +
    (SCORE_WEIGHTS.idleMinute * totals.idleSeconds) / 60;
  return 100 * Math.exp((-weighed * per100) / 100);
}
