/** A box, degrees. */
export interface Area {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** Roads: of some kinds, OpenStreetMap ways by their ids, those that touch a box. All that is told must fit. */
export interface RoadSelection {
  kinds?: readonly string[];
  wayIds?: readonly number[];
  area?: Area;
}

/** 168 factors from Monday midnight on, how many times longer roads take than without traffic. */
export interface TrafficRule extends RoadSelection {
  hours: readonly number[];
}

/** What an organization keeps of traffic, as it comes with a question. */
export interface StoredTraffic {
  profile: {
    name: string;
    /** Of the last one that fits a road. */
    rules: readonly TrafficRule[];
    /** Minutes that the profile's clock is ahead of UTC, and where it is set within days, when and to what. */
    offset: { minutes: number; changesAtMs: number | null; minutesAfter: number };
  } | null;
  /** `factor` null: closed. Milliseconds of the epoch; Infinity: no end is known. */
  overrides: readonly (RoadSelection & { factor: number | null; fromMs: number; untilMs: number })[];
}
