import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Meter } from '../domain/meter';

/** What the tracker of a vehicle said of a meter. */
export interface MeterSource {
  meter: Meter;
  trackerId: string;
  /** The attribute of positions that it comes from. */
  attribute: string;
  /** By the tracker's own count, metres or seconds. */
  shown: number;
  at: Date;
  /** What it counted that is in no reading yet. */
  carried: number;
  /** When the last reading of the meter was made that it knew of. */
  notedAt: Date | null;
}

/** What trackers say of meters. The vehicle's row is locked by whoever writes it. */
@Injectable()
export class MeterSourceRepository {
  constructor(private readonly uow: UnitOfWork) {}

  of(vehicleId: string): Promise<MeterSource[]> {
    const tx = this.uow.current();
    return tx.query<MeterSource>(
      `select meter, tracker_id as "trackerId", attribute, shown, at, carried, noted_at as "notedAt"
       from fleet.meter_sources where tenant_id = $1 and vehicle_id = $2`,
      [tx.tenantId, vehicleId],
    );
  }

  async keep(
    vehicleId: string,
    { meter, trackerId, attribute, shown, at, carried, notedAt }: MeterSource,
  ): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into fleet.meter_sources (tenant_id, id, vehicle_id, meter, tracker_id, attribute, shown, at, carried, noted_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (tenant_id, vehicle_id, meter) do update set tracker_id = excluded.tracker_id, attribute = excluded.attribute,
         shown = excluded.shown, at = excluded.at, carried = excluded.carried, noted_at = excluded.noted_at`,
      [tx.tenantId, newId(), vehicleId, meter, trackerId, attribute, shown, at, carried, notedAt],
    );
  }

  /**
   * Metres of trips, or seconds that the engine ran on trips and idling, after a moment: of what goes over it, by its share
   * of time.
   */
  async reckoned(vehicleId: string, meter: Meter, after: Date | null): Promise<{ amount: number; until: Date | null }> {
    const tx = this.uow.current();
    const share = (from: string, to: string): string =>
      `case when $3::timestamptz is null or ${from} >= $3 then 1 else extract(epoch from ${to} - $3) / extract(epoch from ${to} - ${from}) end`;
    const trips = `select t.${meter === 'odometer' ? 'distance_metres' : 'engine_seconds'} * ${share('t.started_at', 't.ended_at')} as amount,
        t.ended_at as until
      from fleet.trips t where t.tenant_id = $1 and t.vehicle_id = $2 and ($3::timestamptz is null or t.ended_at > $3)`;
    const ended = `i.started_at + make_interval(secs => i.seconds)`;
    const idling = `union all select i.seconds * ${share('i.started_at', ended)}, ${ended}
      from fleet.idlings i where i.tenant_id = $1 and i.vehicle_id = $2 and ($3::timestamptz is null or ${ended} > $3)`;
    const [row] = await tx.query<{ amount: number; until: Date | null }>(
      `select coalesce(sum(x.amount), 0)::float8 as amount, max(x.until) as until
       from (${trips} ${meter === 'odometer' ? '' : idling}) x`,
      [tx.tenantId, vehicleId, after],
    );
    return row;
  }
}
