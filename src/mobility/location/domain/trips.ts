import { metresBetween } from './geodesy';
import type { Fix } from './fix';

/** Metres from where it stood at which a device has moved, and seconds within that distance after which it stands. */
const MOVED = 200;
const STANDS_MS = 180_000;
/** A silence longer than this parts what was before it from what comes after. */
const SILENCE_MS = 3_600_000;
const CREEP = MOVED / (STANDS_MS / 1000);

/** Upper bounds of the bands of the speed profile in m/s; the last band has none. */
export const SPEED_BANDS = [5, 10, 15, 20, 25, 30, 35] as const;

export type TripPoint = Pick<Fix, 'fixTime' | 'lat' | 'lng' | 'speed'>;

/** A way from one stop to the next. Times in milliseconds, metres, m/s. */
export interface Trip {
  startTime: number;
  endTime: number;
  start: { lat: number; lng: number };
  end: { lat: number; lng: number };
  distance: number;
  averageSpeed: number;
  maxSpeed: number;
  /** The device was silent on the way: only its ends are known. */
  gap: boolean;
}

export interface Stop {
  startTime: number;
  endTime: number;
  lat: number;
  lng: number;
}

export interface Journey {
  trips: Trip[];
  stops: Stop[];
  /** Metres of all trips; what a parked receiver wanders is none. */
  distance: number;
  /** Seconds of trips in each band of `SPEED_BANDS`. */
  speedProfile: number[];
}

/**
 * Parts believed fixes, each time once and in the order of fix times, into trips and stops. The rule is Traccar's
 * (report.trip.*: 200 m, 180 s, 3600 s): a device moves once it is 200 m from where it stood, counted from the first
 * fix of that movement; it stands when all that it told for 180 s lies within 200 m.
 */
export function journeyOf(points: readonly TripPoint[]): Journey {
  const journey: Journey = { trips: [], stops: [], distance: 0, speedProfile: [...SPEED_BANDS, 0].map(() => 0) };
  if (points.length === 0) return journey;
  /** First fix of the present stop, or null while moving; `from` is the first of the present trip. */
  let stood: number | null = 0;
  let from = 0;
  for (let at = 1; at < points.length; at++) {
    const silent = points[at].fixTime - points[at - 1].fixTime > SILENCE_MS;
    if (stood === null) {
      const parked: number | null = silent ? at - 1 : standsSince(points, from, at);
      if (parked === null) continue;
      addTrip(journey, points, from, parked, false);
      stood = parked;
    }
    if (metresBetween(points[stood], points[at]) < MOVED) continue;
    if (silent) {
      addStop(journey, points, stood, at - 1);
      addTrip(journey, points, at - 1, at, true);
      stood = at;
      continue;
    }
    from = movesSince(points, stood, at);
    addStop(journey, points, stood, from);
    stood = null;
  }
  if (stood === null) addTrip(journey, points, from, points.length - 1, false);
  else addStop(journey, points, stood, points.length - 1);
  return journey;
}

/** The fix since which the device stands, or null while it does not. */
function standsSince(points: readonly TripPoint[], from: number, at: number): number | null {
  let first = at;
  while (first > from && points[first].fixTime > points[at].fixTime - STANDS_MS) first -= 1;
  if (points[first].fixTime > points[at].fixTime - STANDS_MS) return null;
  for (let index = first + 1; index <= at; index++)
    if (metresBetween(points[first], points[index]) >= MOVED) return null;
  // What is left of the movement within that distance still belongs to the trip.
  while (first < at && speedOver(points[first], points[first + 1]) > CREEP) first += 1;
  return first;
}

/** The fix with which the movement began that was noticed at `at`: back over all that were faster than a creep. */
function movesSince(points: readonly TripPoint[], stood: number, at: number): number {
  let from = at - 1;
  while (from > stood && speedOver(points[from - 1], points[from]) > CREEP) from -= 1;
  return from;
}

const speedOver = (a: TripPoint, b: TripPoint): number => metresBetween(a, b) / ((b.fixTime - a.fixTime) / 1000);

function addStop(journey: Journey, points: readonly TripPoint[], from: number, to: number): void {
  const { lat, lng } = points[from];
  journey.stops.push({ startTime: points[from].fixTime, endTime: points[to].fixTime, lat, lng });
}

function addTrip(journey: Journey, points: readonly TripPoint[], from: number, to: number, gap: boolean): void {
  if (to <= from) return;
  let distance = 0;
  let maxSpeed = 0;
  for (let index = from + 1; index <= to; index++) {
    const step = metresBetween(points[index - 1], points[index]);
    const seconds = (points[index].fixTime - points[index - 1].fixTime) / 1000;
    distance += step;
    maxSpeed = Math.max(maxSpeed, gap ? step / seconds : (points[index].speed ?? step / seconds));
    if (!gap) journey.speedProfile[bandOf(points[index].speed ?? step / seconds)] += seconds;
  }
  const [first, last] = [points[from], points[to]];
  const duration = (last.fixTime - first.fixTime) / 1000;
  journey.distance += distance;
  journey.trips.push({
    startTime: first.fixTime,
    endTime: last.fixTime,
    start: { lat: first.lat, lng: first.lng },
    end: { lat: last.lat, lng: last.lng },
    distance,
    averageSpeed: distance / duration,
    maxSpeed,
    gap,
  });
}

function bandOf(speed: number): number {
  const band = SPEED_BANDS.findIndex((most) => speed < most);
  return band < 0 ? SPEED_BANDS.length : band;
}
