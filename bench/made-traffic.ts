import { fromMetres } from '../src/mobility/location/domain/geodesy';
import type { Shape } from '../src/mobility/location/domain/shape';
import type { Told } from './ingest-floor';

const HOME = { lat: 48.2, lng: 16.37 };
/** Half the side of the square in which all of it lies (metres): a region, where about one fix in 60 goes in or out, or a city, where one in five does. */
export const REGION = 100_000;
export const CITY = 30_000;
export const FENCES = 10_000;
const STEP_MS = 10_000;
const METRES_PER_STEP = 140;
/** Fixes before the tracker turns. */
const LEG = 30;

/** A pseudo-random number of [0, 1) by seed (mulberry32): the same in every run. */
const random = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};

/** Circles, and outlines of 8 to 31 corners, 80 to 400 m from their middle. */
export function madeFences(reach: number): Shape[] {
  const next = random(1);
  return Array.from({ length: FENCES }, (_, n): Shape => {
    const middle = { x: (2 * next() - 1) * reach, y: (2 * next() - 1) * reach };
    const radius = 80 + 320 * next();
    const { lng, lat } = fromMetres(HOME, middle);
    if (n % 2 === 0) return { type: 'circle', center: [lng, lat], radius };
    const corners = 8 + Math.floor(24 * next());
    const ring = Array.from({ length: corners }, (_corner, i): [number, number] => {
      const [angle, far] = [(2 * Math.PI * i) / corners, radius * (0.7 + 0.3 * next())];
      const at = fromMetres(HOME, { x: middle.x + far * Math.cos(angle), y: middle.y + far * Math.sin(angle) });
      return [at.lng, at.lat];
    });
    return { type: 'Polygon', coordinates: [[...ring, ring[0]]] };
  });
}

/** Where traffic of a further series begins (milliseconds): none tells what another has told. */
let begins = Date.now() - 300 * 86_400_000;

/** Trackers that drive about, each one fix in ten seconds of its own time. */
export class Traffic {
  private readonly next = random(2);
  private readonly places: { x: number; y: number; heading: number; steps: number }[];
  private readonly since = (begins += 40 * 86_400_000);
  private turn = 0;

  constructor(
    private readonly trackers: readonly string[],
    private readonly reach: number,
  ) {
    this.places = trackers.map(() => ({
      x: (2 * this.next() - 1) * reach,
      y: (2 * this.next() - 1) * reach,
      heading: 0,
      steps: 0,
    }));
  }

  /** The next so many fixes of so many trackers, whose turn it is. */
  batch(size: number, trackers: number): Told[] {
    const told: Told[] = [];
    for (let n = 0; n < trackers; n++) {
      const which = this.turn++ % this.trackers.length;
      for (let i = 0; i < size / trackers; i++) told.push(this.step(which));
    }
    return told;
  }

  private step(which: number): Told {
    const place = this.places[which];
    if (place.steps++ % LEG === 0) place.heading = 2 * Math.PI * this.next();
    place.x += METRES_PER_STEP * Math.sin(place.heading);
    place.y += METRES_PER_STEP * Math.cos(place.heading);
    if (Math.max(Math.abs(place.x), Math.abs(place.y)) > this.reach) place.heading = Math.atan2(-place.x, -place.y);
    const { lat, lng } = fromMetres(HOME, place);
    const course = ((place.heading * 180) / Math.PI + 360) % 360;
    return {
      trackerId: this.trackers[which],
      fixTime: this.since + place.steps * STEP_MS,
      lat,
      lng,
      speed: METRES_PER_STEP / (STEP_MS / 1_000),
      course,
      accuracy: 5,
      attributes: { ignition: true, battery: 83 },
    };
  }
}
