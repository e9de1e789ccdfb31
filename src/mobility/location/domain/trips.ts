import { Extents } from './extents';
import { metresBetween } from './geodesy';
import type { Fix } from './fix';

/** Metres from where it stood at which a device has moved, and seconds within that distance after which it stands. */
const MOVED = 200;
const STANDS_MS = 180_000;
/** A silence longer than this parts what was before it from what comes after. */
export const SILENCE_MS = 3_600_000;
const CREEP = MOVED / (STANDS_MS / 1000);
/** Fixes that are held at most while a device stands: a movement is looked for no further back. */
const MOST_HELD = 50_000;
/** What is settled is let go of once there is so much of it. */
const LET_GO = 4_096;

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

/** What a step from one fix to the next belongs to: a trip, a stop, or a silence over which it moved. */
export type StepKind = 'moving' | 'standing' | 'gap';

/** A step from one believed fix to the next. Metres, seconds, m/s; metres of a stop are none. */
export interface Step<P extends TripPoint> {
  from: P;
  to: P;
  kind: StepKind;
  distance: number;
  seconds: number;
  /** As the device says, or else what the step needed. */
  speed: number;
}

/** Who is told what follows from a track: every step once and in order, trips and stops when they are over. */
export interface JourneyEars<P extends TripPoint> {
  step?(step: Step<P>): void;
  trip?(trip: Trip): void;
  stop?(stop: Stop): void;
}

/** Parts believed fixes, each time once and in the order of fix times, into trips and stops. */
export function journeyOf(points: readonly TripPoint[]): Journey {
  const journey: Journey = { trips: [], stops: [], distance: 0, speedProfile: [...SPEED_BANDS, 0].map(() => 0) };
  const fold = new JourneyFold({
    trip(trip) {
      journey.trips.push(trip);
      journey.distance += trip.distance;
    },
    stop: (stop) => journey.stops.push(stop),
    step({ kind, speed, seconds }) {
      if (kind === 'moving') journey.speedProfile[bandOf(speed)] += seconds;
    },
  });
  for (const point of points) fold.take(point);
  fold.end();
  return journey;
}

/**
 * Trips and stops of a track of any length, fix by fix; only what is not settled is held. The rule is Traccar's
 * (report.trip.*: 200 m, 180 s, 3600 s): a device moves once it is 200 m from where it stood, counted from the first
 * fix of that movement; it stands when all that it told for 180 s lies within 200 m.
 */
export class JourneyFold<P extends TripPoint> {
  private points: P[] = [];
  private extents = new Extents();
  /** The fix of the present stop, or null while moving; its number, as all numbers here, is that in `points`. */
  private stood: { at: number; point: P } | null = null;
  /** First fix of the present trip. */
  private from = 0;
  /** The first of the fixes up to the last one between which all steps are faster than a creep. */
  private fastFrom = 0;
  /** The last fix that is old enough for a stop to have begun with it, of the fix that was asked for last. */
  private old = -1;
  /** A fix that was too far off the last time, and likely is again. */
  private far = 0;
  /** Steps up to this fix are told. */
  private told = 0;
  private trip: { start: P; distance: number; maxSpeed: number } | null = null;

  constructor(private readonly ears: JourneyEars<P>) {}

  /** The next believed fix, later than those before. */
  take(point: P): void {
    const at = this.points.push(point) - 1;
    this.extents.add(point);
    if (at === 0) {
      this.stood = { at, point };
      return;
    }
    this.follow(point, at);
    if (this.told > LET_GO && this.told > this.points.length / 2) this.letGo();
  }

  /** No fix follows. */
  end(): void {
    const last = this.points.length - 1;
    if (last < 0) return;
    if (this.stood) this.endStop(last);
    else this.endTrip(last, false);
  }

  private follow(point: P, at: number): void {
    const before = this.points[at - 1];
    const fastBefore = this.fastFrom;
    if (speedOver(before, point) <= CREEP) this.fastFrom = at;
    const silent = point.fixTime - before.fixTime > SILENCE_MS;
    if (!this.stood) {
      const parked = silent ? at - 1 : this.standsSince(at);
      if (parked === null) {
        this.tell(this.old, 'moving');
        return;
      }
      this.endTrip(parked, false);
      this.stood = { at: parked, point: this.points[parked] };
    }
    if (metresBetween(this.stood.point, point) < MOVED) {
      if (at - this.fastFrom > MOST_HELD) this.fastFrom = at;
      this.tell(this.fastFrom, 'standing');
      return;
    }
    if (silent) {
      this.endStop(at - 1);
      this.trip = null;
      this.from = at - 1;
      this.endTrip(at, true);
      this.stood = { at, point };
      return;
    }
    // The movement began with the first of all fixes that were faster than a creep.
    this.from = Math.max(this.stood.at, fastBefore);
    this.endStop(this.from);
    this.stood = null;
  }

  /** The fix since which the device stands, or null while it does not. */
  private standsSince(at: number): number | null {
    const { points } = this;
    while (this.old + 1 <= at && points[this.old + 1].fixTime <= points[at].fixTime - STANDS_MS) this.old += 1;
    const first = this.old;
    if (first < this.from) return null;
    if (this.far > first && this.far <= at && metresBetween(points[first], points[this.far]) >= MOVED) return null;
    const far = this.extents.farOff(points[first], first + 1, at + 1, MOVED);
    if (far !== null) {
      this.far = far;
      return null;
    }
    // What is left of the movement within that distance still belongs to the trip.
    let last = first;
    while (last < at && speedOver(points[last], points[last + 1]) > CREEP) last += 1;
    return last;
  }

  /** Tells the steps up to a fix; none of a fix that was told already. */
  private tell(upTo: number, kind: StepKind): void {
    while (this.told < upTo) {
      const [from, to] = [this.points[this.told], this.points[(this.told += 1)]];
      const seconds = (to.fixTime - from.fixTime) / 1000;
      const metres = metresBetween(from, to);
      const speed = kind === 'gap' ? metres / seconds : (to.speed ?? metres / seconds);
      if (kind !== 'standing') {
        this.trip ??= { start: from, distance: 0, maxSpeed: 0 };
        this.trip.distance += metres;
        this.trip.maxSpeed = Math.max(this.trip.maxSpeed, speed);
      }
      this.ears.step?.({ from, to, kind, distance: kind === 'standing' ? 0 : metres, seconds, speed });
    }
  }

  private endStop(at: number): void {
    const { lat, lng, fixTime } = this.stood!.point;
    this.tell(at, 'standing');
    const { fixTime: endTime } = this.points[at];
    // A first fix, or one after a silence, that is followed by movement was no stop.
    if (endTime === fixTime) return;
    this.ears.stop?.({ startTime: fixTime, endTime, lat, lng });
  }

  private endTrip(at: number, gap: boolean): void {
    if (at <= this.from) return;
    this.tell(at, gap ? 'gap' : 'moving');
    const { start, distance, maxSpeed } = this.trip!;
    this.trip = null;
    const end = this.points[at];
    this.ears.trip?.({
      startTime: start.fixTime,
      endTime: end.fixTime,
      start: { lat: start.lat, lng: start.lng },
      end: { lat: end.lat, lng: end.lng },
      distance,
      averageSpeed: distance / ((end.fixTime - start.fixTime) / 1000),
      maxSpeed,
      gap,
    });
  }

  /** Forgets what is settled: numbers go down by as many. */
  private letGo(): void {
    const gone = this.told;
    this.points = this.points.slice(gone);
    this.extents = new Extents(this.points);
    this.told = 0;
    this.from -= gone;
    this.fastFrom -= gone;
    this.old = Math.max(-1, this.old - gone);
    this.far -= gone;
    if (this.stood) this.stood.at -= gone;
  }
}

const speedOver = (a: TripPoint, b: TripPoint): number => metresBetween(a, b) / ((b.fixTime - a.fixTime) / 1000);

/** The band of a speed among `SPEED_BANDS`. */
export function bandOf(speed: number): number {
  const band = SPEED_BANDS.findIndex((most) => speed < most);
  return band < 0 ? SPEED_BANDS.length : band;
}
