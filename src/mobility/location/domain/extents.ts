import { DEGREE, metresBetween, wrapped, type Place } from './geodesy';

/** Places, or boxes of the level below, of one box. */
const FAN = 32;

/** Places in the order of a track under boxes of boxes, so that a look for one that is far off passes over those that are near. */
export class Extents {
  /** West, south, east, north of each box, from the smallest up. */
  private readonly levels: Float64Array[] = [];

  constructor(private readonly places: readonly Place[]) {
    for (let below = places.length, level = 0; below > 1; level++) {
      const count = Math.ceil(below / FAN);
      const boxes = new Float64Array(count * 4);
      for (let at = 0; at < count; at++) {
        let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
        for (let of = at * FAN; of < Math.min((at + 1) * FAN, below); of++) {
          const under = this.levels[level - 1];
          west = Math.min(west, under ? under[of * 4] : places[of].lng);
          south = Math.min(south, under ? under[of * 4 + 1] : places[of].lat);
          east = Math.max(east, under ? under[of * 4 + 2] : places[of].lng);
          north = Math.max(north, under ? under[of * 4 + 3] : places[of].lat);
        }
        boxes.set([west, south, east, north], at * 4);
      }
      this.levels.push(boxes);
      below = count;
    }
  }

  /** The first of the places from `from` to before `to` that is `metres` or more from a place, or null. */
  farOff(place: Place, from: number, to: number, metres: number): number | null {
    for (let at = from; at < to;) {
      // The largest box that begins here, ends in time and is near as a whole.
      let size = 1;
      for (let level = 0; level < this.levels.length; level++) {
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
    const [west, south, east, north] = this.levels[level].subarray(box * 4, box * 4 + 4);
    // One that seems to go half around the earth lies on both sides of the antimeridian.
    if (east - west > 180) return false;
    const across = Math.max(Math.abs(wrapped(west - lng)), Math.abs(wrapped(east - lng)));
    const up = Math.max(Math.abs(south - lat), Math.abs(north - lat));
    return up * DEGREE + across * DEGREE * Math.cos((lat * Math.PI) / 180) < metres;
  }
}
