import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, tenantTable } from '../src/kernel/database/migration-kit';

/**
 * Fleets, vehicles and trailers, drivers, who and what was with which vehicle and when, what their meters showed, and
 * documents that expire. Exclusion constraints keep periods of one thing apart, whoever writes first.
 */
export class FleetCreate1764004300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create extension if not exists btree_gist');
    await createSchema(runner, 'fleet');
    await this.people(runner);
    await this.vehicles(runner);
    await this.assignments(runner);
    await this.documents(runner);
  }

  private async people(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fleet.fleets',
      `name text not null check (length(name) between 1 and 120), name_key text not null, description text,
       created_at timestamptz not null, updated_at timestamptz not null, version int not null,
       constraint fleets_name unique (tenant_id, name_key)`,
    );
    await tenantTable(
      runner,
      'fleet.drivers',
      `name text not null check (length(name) between 1 and 120), name_key text not null, user_id uuid, email text, phone text,
       employee_number text, licence_classes text[] not null default '{}', active boolean not null,
       created_at timestamptz not null, updated_at timestamptz not null, version int not null,
       constraint drivers_user unique (tenant_id, user_id), constraint drivers_number unique (tenant_id, employee_number)`,
    );
    await runner.query(`create index drivers_by_name on fleet.drivers (tenant_id, name_key, id)`);
    for (const [column, tag] of [
      ['name', 'name'],
      ['name_key', 'name'],
      ['email', 'email'],
      ['phone', 'phone'],
    ])
      await runner.query(`comment on column fleet.drivers.${column} is 'pii:${tag}'`);
  }

  private async vehicles(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fleet.vehicles',
      `fleet_id uuid, kind text not null check (kind in ('vehicle', 'trailer')), name text not null check (length(name) between 1 and 120),
       name_key text not null, vin char(17), plate text, plate_key text, class text not null
         check (class in ('car', 'van', 'truck', 'bus', 'motorcycle', 'machine', 'trailer')),
       make text, model text, model_year smallint, fuel_type text not null
         check (fuel_type in ('petrol', 'diesel', 'lpg', 'cng', 'hydrogen', 'hybrid', 'electric', 'none')),
       tank_capacity float8 check (tank_capacity > 0), consumption_norm float8 check (consumption_norm > 0),
       calibration jsonb not null default '[]', state text not null check (state in ('in_service', 'out_of_service', 'retired')),
       state_reason text, state_since timestamptz not null,
       odometer_metres bigint not null default 0 check (odometer_metres >= 0), odometer_at timestamptz,
       engine_seconds bigint not null default 0 check (engine_seconds >= 0), engine_at timestamptz,
       created_at timestamptz not null, updated_at timestamptz not null, version int not null,
       check ((kind = 'trailer') = (class = 'trailer')),
       foreign key (tenant_id, fleet_id) references fleet.fleets (tenant_id, id)`,
    );
    await runner.query(`create unique index vehicles_vin on fleet.vehicles (tenant_id, vin) where state <> 'retired'`);
    await runner.query(
      `create unique index vehicles_plate on fleet.vehicles (tenant_id, plate_key) where state <> 'retired'`,
    );
    await runner.query(`create index vehicles_by_name on fleet.vehicles (tenant_id, name_key, id)`);
    await runner.query(`create index vehicles_of_fleet on fleet.vehicles (tenant_id, fleet_id)`);
    await runner.query(`create function fleet.check_vehicles_edge() returns trigger language plpgsql
      set search_path = pg_catalog as $$
      begin
        if old.state = 'retired' and new.state <> 'retired' then
          raise exception 'a retired vehicle stays retired' using errcode = '23514';
        end if;
        return new;
      end $$`);
    await runner.query(
      `create trigger vehicles_edge before update of state on fleet.vehicles for each row execute function fleet.check_vehicles_edge()`,
    );
    // What a meter showed, and what that is over the life of the vehicle; never changed afterwards.
    await tenantTable(
      runner,
      'fleet.meter_readings',
      `vehicle_id uuid not null, meter text not null check (meter in ('odometer', 'engine_hours')),
       kind text not null check (kind in ('reading', 'correction', 'replacement')), shown bigint not null check (shown >= 0),
       total bigint not null check (total >= 0), at timestamptz not null, source text not null, reason text, recorded_by uuid,
       recorded_at timestamptz not null, check ((kind = 'reading') = (reason is null)),
       unique (tenant_id, vehicle_id, meter, at),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id)`,
      { grants: ['select', 'insert'] },
    );
  }

  private async assignments(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fleet.assignments',
      `vehicle_id uuid not null, kind text not null check (kind in ('driver', 'device', 'trailer')), driver_id uuid, trailer_id uuid,
       tracker_id uuid, subject_id uuid not null generated always as (coalesce(driver_id, trailer_id, tracker_id)) stored,
       slot smallint not null default 1 check (slot between 1 and 3), during tstzrange not null
         check (not isempty(during) and lower_inc(during) and not upper_inc(during) and lower(during) is not null),
       note text, assigned_by uuid, created_at timestamptz not null,
       check (num_nonnulls(driver_id, trailer_id, tracker_id) = 1),
       check (case kind when 'driver' then driver_id when 'trailer' then trailer_id else tracker_id end is not null),
       check (kind <> 'device' or slot = 1), check (trailer_id is distinct from vehicle_id),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id),
       foreign key (tenant_id, trailer_id) references fleet.vehicles (tenant_id, id),
       foreign key (tenant_id, driver_id) references fleet.drivers (tenant_id, id),
       constraint assignments_of_vehicle exclude using gist
         (tenant_id with =, vehicle_id with =, kind with =, slot with =, during with &&),
       constraint assignments_of_subject exclude using gist (tenant_id with =, subject_id with =, kind with =, during with &&)`,
    );
    await runner.query(
      `create index assignments_newest on fleet.assignments (tenant_id, vehicle_id, lower(during), id)`,
    );
    await runner.query(`comment on column fleet.assignments.note is 'pii:text'`);
  }

  private async documents(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fleet.documents',
      `vehicle_id uuid, driver_id uuid, type text not null check (type in
         ('driving_licence', 'medical', 'training', 'registration', 'insurance', 'roadworthiness', 'tachograph', 'permit', 'lease', 'other')),
       number text, issued_on date, expires_on date, warn_days smallint not null check (warn_days between 0 and 365), file_id uuid,
       note text, revision int not null default 1, warned_at timestamptz, expired_at timestamptz,
       created_at timestamptz not null, updated_at timestamptz not null,
       check (num_nonnulls(vehicle_id, driver_id) = 1), check (expires_on >= issued_on),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id),
       foreign key (tenant_id, driver_id) references fleet.drivers (tenant_id, id)`,
    );
    await runner.query(`comment on column fleet.documents.number is 'pii:document'`);
    await runner.query(`comment on column fleet.documents.note is 'pii:text'`);
    await runner.query(`create index documents_by_expiry on fleet.documents (tenant_id, expires_on, id)`);
    await runner.query(`create index documents_of_vehicle on fleet.documents (tenant_id, vehicle_id)`);
    await runner.query(`create index documents_of_driver on fleet.documents (tenant_id, driver_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema fleet cascade');
  }
}
