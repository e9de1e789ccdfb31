import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention, tenantTable } from '../src/kernel/database/migration-kit';

/** Trips of vehicles with how they were driven, and how far each vehicle's track was followed. */
export class FleetTrips1764004300200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fleet.trips',
      `vehicle_id uuid not null, tracker_id uuid not null, driver_id uuid, started_at timestamptz not null, ended_at timestamptz not null,
       start_lat float8 not null, start_lng float8 not null, end_lat float8 not null, end_lng float8 not null,
       distance_metres float8 not null check (distance_metres >= 0), max_speed float8 not null, gap boolean not null,
       harsh_acceleration int not null default 0, harsh_braking int not null default 0, harsh_cornering int not null default 0,
       speeding_seconds float8 not null default 0, idle_seconds float8 not null default 0, night_seconds float8 not null default 0,
       low_resolution boolean not null, events jsonb not null default '[]', class text not null, made_at timestamptz not null,
       check (ended_at > started_at), unique (tenant_id, vehicle_id, tracker_id, started_at),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id),
       foreign key (tenant_id, driver_id) references fleet.drivers (tenant_id, id)`,
    );
    await runner.query(`create index trips_newest on fleet.trips (tenant_id, started_at, id)`);
    await runner.query(`create index trips_of_driver on fleet.trips (tenant_id, driver_id, started_at)`);
    await runner.query(`comment on column fleet.trips.events is 'pii:location'`);
    await retention(runner, 'fleet.trips', { of: 'trips', since: 'ended_at' });
    // One row a vehicle whose track is followed, whose id is the vehicle's.
    await tenantTable(
      runner,
      'fleet.trip_followers',
      `made_until timestamptz not null, chain uuid not null,
       foreign key (tenant_id, id) references fleet.vehicles (tenant_id, id)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table fleet.trip_followers');
    await runner.query('drop function fleet.purge_trips(int, int)');
    await runner.query('drop table fleet.trips');
  }
}
