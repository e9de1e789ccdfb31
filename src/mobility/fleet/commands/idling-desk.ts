import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { AppError } from '../../../kernel/errors/app-error';
import { PositionsOfTrackerQuery, type BelievedPosition } from '../../location/contracts/tracks';
import { IdlingRepository } from '../data/idling.repository';
import type { DrivenPoint } from '../domain/driving';
import { idlingOf, standsRunning } from '../domain/idling';

const HOUR_MS = 3_600_000;
/** Idling that lasts longer is cut. */
const LONGEST_MS = 7 * 24 * HOUR_MS;
/** Where a tracker tells more than can be read at once, shorter periods are read. */
const LEAST_MS = 900_000;

/** What was read of a track, `from` counted, `to` not. */
interface Seen {
  from: number;
  to: number;
  points: DrivenPoint[];
}

export const drivenPoint = ({
  fixTime,
  lat,
  lng,
  speed,
  course,
  accuracy,
  attributes,
}: BelievedPosition): DrivenPoint => ({
  ...{ at: Date.parse(fixTime), lat, lng, speed, course, accuracy },
  ignition: typeof attributes.ignition === 'boolean' ? attributes.ignition : null,
});

/** Keeps where engines ran while vehicles stood, and counts it to the trips that it follows. */
@Injectable()
export class IdlingDesk {
  constructor(
    private readonly queries: QueryBus,
    private readonly idlings: IdlingRepository,
  ) {}

  /**
   * Makes the idling anew that began in what was read and before `to`, each to its end: reads on in both directions while
   * the engine runs, so that the same is found whatever part is made. The vehicle is locked.
   * @param about `begins` and `ends`: while the tracker is in the vehicle, up to now; milliseconds
   * @throws AppError not-found `location.tracker-not-found`, invalid `location.too-many-positions`
   */
  async keep(
    about: { vehicleId: string; trackerId: string; begins: number; ends: number; to: number },
    seen: Seen,
  ): Promise<void> {
    const { vehicleId, trackerId, to } = about;
    const first = Math.max(about.begins, seen.from - LONGEST_MS);
    const last = Math.min(about.ends, to + LONGEST_MS);
    let { from, to: end, points } = seen;
    // The speed of a point is judged by those beside it: the outermost two are not settled.
    for (let step = HOUR_MS; from > first && points.slice(0, 2).some(standsRunning); step *= 2) {
      const earlier = Math.max(first, from - step);
      points = [...(await this.read(trackerId, earlier, from)), ...points];
      from = earlier;
    }
    for (let step = HOUR_MS; end < last && goesOn(points, to); step *= 2) {
      const later = Math.min(last, end + step);
      points = [...points, ...(await this.read(trackerId, end, later))];
      end = later;
    }
    const found = idlingOf(points).filter(({ at }) => at >= from && at < to);
    const period = { vehicleId, trackerId, from: new Date(from), to: new Date(to) };
    await this.idlings.replace(period, found);
    await this.idlings.count(period);
  }

  private async read(trackerId: string, from: number, to: number): Promise<DrivenPoint[]> {
    try {
      const period = { trackerId, from: new Date(from), to: new Date(to) };
      return (await this.queries.execute(new PositionsOfTrackerQuery(period))).map(drivenPoint);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'location.too-many-positions' || to - from <= LEAST_MS)
        throw error;
      const middle = Math.floor((from + to) / 2);
      return [...(await this.read(trackerId, from, middle)), ...(await this.read(trackerId, middle, to))];
    }
  }
}

/** What runs at the end of what was read began before a moment, and may last longer. */
function goesOn(points: readonly DrivenPoint[], before: number): boolean {
  if (!points.slice(-2).some(standsRunning)) return false;
  const last = idlingOf(points, 0).at(-1);
  return last === undefined ? points[points.length - 1].at < before : last.at < before;
}
