import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import type { TrackedStop, TrackedTrip } from '../contracts/tracks';
import type { FilterReason } from '../domain/filter';
import type { Fix } from '../domain/fix';
import { badRange, tooManyPositions, trackerNotFound } from '../domain/location.errors';
import type { TrackPoint } from '../domain/track-file';
import type { Stop, Trip } from '../domain/trips';

const DAY_MS = 86_400_000;
const MOST_DAYS = 31;
const MOST_POINTS = 50_000;

export interface ReadPoint extends TrackPoint {
  reason: FilterReason | null;
  attributes: Fix['attributes'];
}

interface Row {
  name: string;
  fix_at: Date | null;
  device_at: Date | null;
  received_at: Date;
  lat: number;
  lng: number;
  altitude: number | null;
  speed: number | null;
  course: number | null;
  accuracy: number | null;
  reason: FilterReason | null;
  attributes: Fix['attributes'];
}

const iso = (ms: number): string => new Date(ms).toISOString();
const spanOf = ({ startTime, endTime }: { startTime: number; endTime: number }) => ({
  startTime: iso(startTime),
  endTime: iso(endTime),
  durationSeconds: (endTime - startTime) / 1000,
});

export const tripView = ({ startTime, endTime, ...trip }: Trip): TrackedTrip => ({
  ...spanOf({ startTime, endTime }),
  ...trip,
});
export const stopView = ({ startTime, endTime, ...stop }: Stop): TrackedStop => ({
  ...spanOf({ startTime, endTime }),
  ...stop,
});

/** Reads what a tracker told in a period, in one statement. */
@Injectable()
export class TrackReader {
  constructor(private readonly database: Database) {}

  /**
   * All points with what the filter said of them, in the order of time. Times in milliseconds, `from` counted, `to` not.
   * @throws AppError not-found `location.tracker-not-found`; invalid `location.range-invalid`, `location.too-many-positions`
   */
  async read(trackerId: string, from: number, to: number): Promise<{ name: string; points: ReadPoint[] }> {
    if (!(from < to)) throw badRange('The period ends before it begins.');
    if (to - from > MOST_DAYS * DAY_MS) throw badRange(`The period is longer than ${MOST_DAYS} days.`);
    // One row without a fix says that the tracker is there; ids sort by fix time, so that other months are left out.
    const rows = await this.database.read<Row>(
      `select t.name, p.fix_at, p.device_at, p.received_at, p.lat, p.lng, p.altitude, p.speed, p.course, p.accuracy, p.reason, p.attributes
       from location.trackers t left join lateral (
         select * from location.positions p where p.tenant_id = t.tenant_id and p.tracker_id = t.id
           and p.fix_at >= $2 and p.fix_at < $3 and p.id >= kernel.uuid_at($2) and p.id < kernel.uuid_at($3)
         order by p.fix_at limit $4) p on true
       where t.tenant_id = kernel.tenant_id() and t.id = $1 and t.deleted_at is null order by p.fix_at`,
      [trackerId, new Date(from), new Date(to), MOST_POINTS + 1],
    );
    if (rows.length === 0) throw trackerNotFound();
    if (rows.length > MOST_POINTS) throw tooManyPositions(MOST_POINTS);
    const points = rows.flatMap(({ name: _name, fix_at, device_at, received_at, ...point }) =>
      fix_at === null
        ? []
        : [
            {
              fixTime: fix_at.getTime(),
              deviceTime: device_at?.getTime() ?? null,
              receivedAt: received_at.getTime(),
              ...point,
            },
          ],
    );
    return { name: rows[0].name, points };
  }
}
