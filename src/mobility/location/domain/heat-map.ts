import type { Place } from './geodesy';

/** A fix counts for the time until the next one of its tracker, at most for so long (milliseconds): after that it may be elsewhere. */
const MOST_STAY_MS = 600_000;

/** West, south, east, north in degrees; one whose west is greater than its east lies over the antimeridian. */
export type Box = readonly [west: number, south: number, east: number, north: number];

/** What happened in a cell. */
export interface Heat {
  cell: string;
  fixes: number;
  seconds: number;
  trackers: number;
}

interface Counted {
  fixes: number;
  milliseconds: number;
  trackers: Set<number>;
}

export const isIn = ([west, south, east, north]: Box, { lat, lng }: Place): boolean =>
  lat >= south && lat <= north && (west <= east ? lng >= west && lng <= east : lng >= west || lng <= east);

/** Counts believed fixes by cells of a grid; those of each tracker in the order of their times, trackers in any. */
export class HeatMap {
  fixes = 0;
  private readonly cells = new Map<string, Counted>();
  /** Of each tracker its number, its last fix, and the cell of that, null outside of the box. */
  private readonly trackers = new Map<
    string,
    { number: number; fixTime: number; place: Place; cell: Counted | null; counted: boolean }
  >();

  constructor(
    private readonly cellOf: (place: Place) => string,
    private readonly box: Box | null = null,
  ) {}

  get size(): number {
    return this.cells.size;
  }

  get trackersCounted(): number {
    let count = 0;
    for (const { counted } of this.trackers.values()) if (counted) count += 1;
    return count;
  }

  take(trackerId: string, fixTime: number, place: Place): void {
    const last = this.trackers.get(trackerId);
    if (last?.cell) last.cell.milliseconds += Math.min(fixTime - last.fixTime, MOST_STAY_MS);
    const number = last?.number ?? this.trackers.size;
    let cell: Counted | null = null;
    if (!this.box || isIn(this.box, place)) {
      const stays = last?.cell && last.place.lat === place.lat && last.place.lng === place.lng;
      cell = stays ? last.cell : this.counted(this.cellOf(place));
      cell!.fixes += 1;
      cell!.trackers.add(number);
      this.fixes += 1;
    }
    const counted = cell !== null || (last?.counted ?? false);
    this.trackers.set(trackerId, { number, fixTime, place, cell, counted });
  }

  /** Cells, those with the most fixes first. */
  heats(): Heat[] {
    return [...this.cells]
      .map(([cell, { fixes, milliseconds, trackers }]) => ({
        ...{ cell, fixes, seconds: milliseconds / 1000, trackers: trackers.size },
      }))
      .sort((a, b) => b.fixes - a.fixes || (a.cell < b.cell ? -1 : 1));
  }

  private counted(cell: string): Counted {
    let held = this.cells.get(cell);
    if (!held) this.cells.set(cell, (held = { fixes: 0, milliseconds: 0, trackers: new Set() }));
    return held;
  }
}
