import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Meter, PlacedReading, ReadingKind } from '../domain/meter';

export interface MeterReading {
  id: string;
  vehicleId: string;
  meter: Meter;
  kind: ReadingKind;
  shown: number;
  total: number;
  at: Date;
  /** `manual`, or what it came with: `fuel`, `inspection`; `device` and `estimate` are reckoned, see `RECKONED`. */
  source: string;
  reason: string | null;
  by: string | null;
}

/** Nobody read these. */
export const RECKONED = ['device', 'estimate'];

export type Neighbour = PlacedReading & { at: Date; source: string };

/** Readings of meters, which are never changed. The vehicle's row is locked by whoever writes one. */
@Injectable()
export class MeterRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** The reading at a moment, the last before and the first after it. */
  async around(
    vehicleId: string,
    meter: Meter,
    at: Date,
  ): Promise<{ same: Neighbour | null; before: Neighbour | null; after: Neighbour | null }> {
    const tx = this.uow.current();
    const rows = await tx.query<Neighbour>(
      `(select kind, shown::float8 as shown, total::float8 as total, at, source from fleet.meter_readings
        where tenant_id = $1 and vehicle_id = $2 and meter = $3 and at <= $4 order by at desc limit 2)
       union all
       (select kind, shown::float8, total::float8, at, source from fleet.meter_readings
        where tenant_id = $1 and vehicle_id = $2 and meter = $3 and at > $4 order by at limit 1)`,
      [tx.tenantId, vehicleId, meter, at],
    );
    const earlier = rows.filter((row) => row.at < at).sort((a, b) => b.at.getTime() - a.at.getTime());
    return {
      same: rows.find((row) => row.at.getTime() === at.getTime()) ?? null,
      before: earlier[0] ?? null,
      after: rows.find((row) => row.at > at) ?? null,
    };
  }

  /** The last reading of a meter, or the last that somebody read. */
  async last(vehicleId: string, meter: Meter, only: 'all' | 'read' = 'all'): Promise<Neighbour | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<Neighbour>(
      `select kind, shown::float8 as shown, total::float8 as total, at, source from fleet.meter_readings
       where tenant_id = $1 and vehicle_id = $2 and meter = $3 and not source = any($4::text[]) order by at desc limit 1`,
      [tx.tenantId, vehicleId, meter, only === 'read' ? RECKONED : []],
    );
    return row ?? null;
  }

  /** What estimates count from: the last reading that is none. */
  async base(vehicleId: string, meter: Meter): Promise<Neighbour | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<Neighbour>(
      `select kind, shown::float8 as shown, total::float8 as total, at, source from fleet.meter_readings
       where tenant_id = $1 and vehicle_id = $2 and meter = $3 and source <> 'estimate' order by at desc limit 1`,
      [tx.tenantId, vehicleId, meter],
    );
    return row ?? null;
  }

  /** Tells the vehicle's row a total; its version is that of what people change. */
  async tell(vehicleId: string, meter: Meter, total: number, at: Date): Promise<void> {
    const tx = this.uow.current();
    const [value, moment] = meter === 'odometer' ? ['odometer_metres', 'odometer_at'] : ['engine_seconds', 'engine_at'];
    await tx.execute(`update fleet.vehicles set ${value} = $3, ${moment} = $4 where tenant_id = $1 and id = $2`, [
      tx.tenantId,
      vehicleId,
      total,
      at,
    ]);
  }

  async insert(reading: Omit<MeterReading, 'id'>): Promise<string> {
    const tx = this.uow.current();
    const id = newId();
    await tx.execute(
      `insert into fleet.meter_readings (tenant_id, id, vehicle_id, meter, kind, shown, total, at, source, reason, recorded_by, recorded_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, kernel.now())`,
      [
        tx.tenantId,
        id,
        reading.vehicleId,
        reading.meter,
        reading.kind,
        reading.shown,
        reading.total,
        reading.at,
        reading.source,
        reading.reason,
        reading.by,
      ],
    );
    return id;
  }
}
