import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Odometers and engine hours as trackers tell them, and who says how far a vehicle went. */
export class FleetMetersOfDevices1764004371200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table fleet.vehicles add column meters_from text not null default 'device'
      check (meters_from in ('typed', 'device', 'estimated'))`);
    await runner.query('alter table fleet.trips add column engine_seconds float8 not null default 0');
    // One row a vehicle and meter: what its tracker said last, what of that is in no reading yet, and the last reading that was seen.
    await tenantTable(
      runner,
      'fleet.meter_sources',
      `vehicle_id uuid not null, meter text not null check (meter in ('odometer', 'engine_hours')), tracker_id uuid not null,
       attribute text not null, shown float8 not null, at timestamptz not null, carried float8 not null check (carried >= 0),
       noted_at timestamptz, unique (tenant_id, vehicle_id, meter),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table fleet.meter_sources');
    await runner.query('alter table fleet.trips drop column engine_seconds');
    await runner.query('alter table fleet.vehicles drop column meters_from');
  }
}
