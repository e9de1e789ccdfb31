import { Extents } from './extents';
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
  const track = new Track(points);
  for (let at = 1; at < points.length; at++) {
    const silent = points[at].fixTime - points[at - 1].fixTime > SILENCE_MS;
    if (stood === null) {
      const parked: number | null = silent ? at - 1 : track.standsSince(from, at);
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
    from = track.movesSince(stood, at);
    addStop(journey, points, stood, from);
    stood = null;
  }
  if (stood === null) addTrip(journey, points, from, points.length - 1, false);
  else addStop(journey, points, stood, points.length - 1);
  return journey;
}

/** Questions about a track that are asked for each of its fixes in turn: none may look at all fixes before. */
class Track {
  private readonly extents: Extents;
  /** Of each fix the first and the last of the fixes around it between which all steps are faster than a creep. */
  private readonly fastFrom: Uint32Array;
  private readonly fastTo: Uint32Array;
  /** The last fix that is old enough for a stop to have begun with it, of the fix that was asked for last. */
  private old = -1;
  /** A fix that was too far off the last time, and likely is again. */
  private far = 0;

  constructor(private readonly points: readonly TripPoint[]) {
    this.extents = new Extents(points);
    const last = points.length - 1;
    this.fastFrom = Uint32Array.from(points, (_, at) => at);
    this.fastTo = Uint32Array.from(points, (_, at) => at);
    for (let at = 1; at <= last; at++)
      if (speedOver(points[at - 1], points[at]) > CREEP) this.fastFrom[at] = this.fastFrom[at - 1];
    for (let at = last - 1; at >= 0; at--) if (this.fastFrom[at + 1] <= at) this.fastTo[at] = this.fastTo[at + 1];
  }

  /** The fix since which the device stands, or null while it does not. Asked for ever later fixes. */
  standsSince(from: number, at: number): number | null {
    const { points } = this;
    while (this.old + 1 <= at && points[this.old + 1].fixTime <= points[at].fixTime - STANDS_MS) this.old += 1;
    const first = this.old;
    if (first < from) return null;
    if (this.far > first && this.far <= at && metresBetween(points[first], points[this.far]) >= MOVED) return null;
    const far = this.extents.farOff(points[first], first + 1, at + 1, MOVED);
    if (far !== null) {
      this.far = far;
      return null;
    }
    // What is left of the movement within that distance still belongs to the trip.
    return Math.min(at, this.fastTo[first]);
  }

  /** The fix with which the movement began that was noticed at `at`: back over all that were faster than a creep. */
  movesSince(stood: number, at: number): number {
    return Math.max(stood, this.fastFrom[at - 1]);
  }
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
