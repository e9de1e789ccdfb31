import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Idling } from '../domain/idling';

/** A part of the track of a tracker in a vehicle. */
export interface IdlingPeriod {
  vehicleId: string;
  trackerId: string;
  from: Date;
  to: Date;
}

/** Where engines ran while vehicles stood. The vehicle's row is locked by whoever writes them. */
@Injectable()
export class IdlingRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** Puts these in the place of those that began in a period. */
  async replace({ vehicleId, trackerId, from, to }: IdlingPeriod, found: readonly Idling[]): Promise<void> {
    const tx = this.uow.current();
    const about = [tx.tenantId, vehicleId, trackerId];
    const rows = found.map(({ at, ...idling }) => ({ id: newId(), at: new Date(at), ...idling }));
    await tx.execute(
      `delete from fleet.idlings where tenant_id = $1 and vehicle_id = $2 and tracker_id = $3 and started_at >= $4 and started_at < $5
         and not started_at = any($6::timestamptz[])`,
      [...about, from, to, rows.map(({ at }) => at)],
    );
    if (rows.length === 0) return;
    await tx.execute(
      `insert into fleet.idlings as i (tenant_id, vehicle_id, tracker_id, id, started_at, seconds, lat, lng)
       select $1, $2, $3, x.id, x.at, x.seconds, x.lat, x.lng
       from json_to_recordset($4::json) as x(id uuid, at timestamptz, seconds float8, lat float8, lng float8)
       on conflict (tenant_id, vehicle_id, tracker_id, started_at) do update set seconds = excluded.seconds, lat = excluded.lat, lng = excluded.lng
       where (i.seconds, i.lat, i.lng) is distinct from (excluded.seconds, excluded.lat, excluded.lng)`,
      [...about, JSON.stringify(rows)],
    );
  }

  /** Counts idling to trips: each to the one that it follows, none to two. */
  async count({ vehicleId, trackerId, from, to }: IdlingPeriod): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `with own as (
         select t.id, t.started_at, (select min(n.started_at) from fleet.trips n where n.tenant_id = $1 and n.vehicle_id = $2
           and n.tracker_id = $3 and n.started_at > t.started_at) as next
         from fleet.trips t where t.tenant_id = $1 and t.vehicle_id = $2 and t.tracker_id = $3 and t.started_at < $5
           and t.started_at >= least((select max(b.started_at) from fleet.trips b where b.tenant_id = $1 and b.vehicle_id = $2
             and b.tracker_id = $3 and b.started_at <= $4), $4)),
       counted as (
         select o.id, coalesce(sum(i.seconds), 0) as seconds from own o left join fleet.idlings i on i.tenant_id = $1
           and i.vehicle_id = $2 and i.tracker_id = $3 and i.started_at >= o.started_at and (o.next is null or i.started_at < o.next)
         group by o.id)
       update fleet.trips t set idle_seconds = c.seconds from counted c
       where t.tenant_id = $1 and t.id = c.id and t.idle_seconds is distinct from c.seconds`,
      [tx.tenantId, vehicleId, trackerId, from, to],
    );
  }

  /** Takes away what a tracker told while it was not with the vehicle, from a moment on. */
  async forgetOutside(vehicleId: string, trackerId: string, from: Date): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `delete from fleet.idlings i where i.tenant_id = $1 and i.vehicle_id = $2 and i.tracker_id = $3 and i.started_at >= $4
         and not exists (select from fleet.assignments a where a.tenant_id = $1 and a.vehicle_id = $2 and a.kind = 'device'
           and a.tracker_id = $3 and a.during @> i.started_at)`,
      [tx.tenantId, vehicleId, trackerId, from],
    );
  }
}
