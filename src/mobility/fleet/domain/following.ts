const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** How often it is looked whether there is something to follow, and how seldom that is done at most. */
export const LOOK_MS = 2 * MINUTE_MS;
const SELDOM_MS = 10 * MINUTE_MS;
/** How late positions may come and still be followed by themselves: once an hour all of that is made anew. */
export const LATE_MS = 10 * HOUR_MS;
/** Who has not moved for so long stands. */
const STANDS_MS = 3 * MINUTE_MS;

/** The hour of a vehicle, whose turns are spread over those of all vehicles. */
const hourOf = (vehicleId: string, at: number): number =>
  Math.floor((at + (Number.parseInt(vehicleId.slice(-6), 16) / 0x1000000) * HOUR_MS) / HOUR_MS);

/** True where the hour of a vehicle has turned between two moments: what came late is followed too. */
export const hourTurned = (vehicleId: string, from: number, to: number): boolean =>
  hourOf(vehicleId, from) !== hourOf(vehicleId, to);

/** What is known of a track where it was followed to. Milliseconds. */
export interface Track {
  madeUntil: number;
  /** Of the trip that is under way there. */
  startedAt: number | null;
  endedAt: number | null;
  /** When the latest position was, and whether the vehicle stands there; null where nothing was told since. */
  heard: { at: number; stands: boolean } | null;
}

/**
 * True where a track is to be followed on now. A trip that is under way is made from its beginning each time, so that the
 * longer it is the more seldom that is done; but at once where the vehicle has stopped.
 */
export function isToFollow(vehicleId: string, { madeUntil, startedAt, endedAt, heard }: Track, now: number): boolean {
  if (hourTurned(vehicleId, madeUntil, now)) return true;
  if (heard === null) return false;
  const moved = endedAt !== null && endedAt > madeUntil - STANDS_MS;
  if (startedAt === null || (moved && heard.stands)) return true;
  const wait = Math.min(SELDOM_MS, (madeUntil - startedAt) / 10);
  return now - madeUntil >= wait;
}
