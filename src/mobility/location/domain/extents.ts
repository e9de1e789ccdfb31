import { DEGREE, metresBetween, wrapped, type Place } from './geodesy';

/** Places, or boxes of the level below, of one box. */
const FAN = 32;
const LEVELS = 3;

/** Places in the order of a track under boxes of boxes, so that a look for one that is far off passes over those that are near. */
export class Extents {
  readonly places: Place[] = [];
  /** West, south, east, north of each box, from the smallest up. */
  private readonly levels: number[][] = Array.from({ length: LEVELS }, () => []);

  constructor(places: readonly Place[] = []) {
    for (const place of places) this.add(place);
  }

  /** The next place of the track. */
  add({ lat, lng }: Place): void {
    let box = this.places.push({ lat, lng }) - 1;
    for (const boxes of this.levels) {
      box = Math.floor(box / FAN);
      const at = box * 4;
      if (at === boxes.length) boxes.push(lng, lat, lng, lat);
      else {
        if (lng < boxes[at]) boxes[at] = lng;
        if (lat < boxes[at + 1]) boxes[at + 1] = lat;
        if (lng > boxes[at + 2]) boxes[at + 2] = lng;
        if (lat > boxes[at + 3]) boxes[at + 3] = lat;
      }
    }
  }

  /** The first of the places from `from` to before `to` that is `metres` or more from a place, or null. */
  farOff(place: Place, from: number, to: number, metres: number): number | null {
    for (let at = from; at < to;) {
      // The largest box that begins here, ends in time and is near as a whole.
      let size = 1;
      for (let level = 0; level < LEVELS; level++) {
        const larger = FAN ** (level + 1);
        if (at % larger !== 0 || at + larger > to || !this.isNear(level, at / larger, place, metres)) break;
        size = larger;
      }
      if (size === 1 && metresBetween(place, this.places[at]) >= metres) return at;
      at += size;
    }
    return null;
  }

  /** All of a box is nearer, by the way along the parallel of the place and then its meridian, which is never the shorter one. */
  private isNear(level: number, box: number, { lat, lng }: Place, metres: number): boolean {
    const [west, south, east, north] = this.levels[level].slice(box * 4, box * 4 + 4);
    // One that seems to go half around the earth lies on both sides of the antimeridian.
    if (east - west > 180) return false;
    const across = Math.max(Math.abs(wrapped(west - lng)), Math.abs(wrapped(east - lng)));
    const up = Math.max(Math.abs(south - lat), Math.abs(north - lat));
    return up * DEGREE + across * DEGREE * Math.cos((lat * Math.PI) / 180) < metres;
  }
}
