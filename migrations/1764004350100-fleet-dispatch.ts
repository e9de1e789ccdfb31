import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention, tenantTable } from '../src/kernel/database/migration-kit';

/** Plans of routes that were given to drivers and vehicles, the stops of each route, and proofs of what was done there. */
export class FleetDispatch1764004350100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fleet.dispatches',
      `plan_id uuid not null, state text not null default 'open' check (state in ('open', 'completed', 'cancelled')),
       starts_at timestamptz not null, proof_required boolean not null, unassigned jsonb not null default '[]', created_by uuid,
       created_at timestamptz not null, closed_at timestamptz, check ((state = 'open') = (closed_at is null))`,
    );
    // A plan is driven once.
    await runner.query(
      `create unique index dispatches_of_plan on fleet.dispatches (tenant_id, plan_id) where state <> 'cancelled'`,
    );
    await runner.query(`create index dispatches_newest on fleet.dispatches (tenant_id, starts_at, id)`);
    await tenantTable(
      runner,
      'fleet.dispatch_routes',
      `dispatch_id uuid not null, plan_vehicle text not null, vehicle_id uuid not null, driver_id uuid not null,
       state text not null default 'assigned' check (state in ('assigned', 'under_way', 'completed', 'cancelled')),
       during tstzrange not null check (not isempty(during)), distance float8 not null, started_at timestamptz, finished_at timestamptz,
       eta_at timestamptz, eta_source text,
       check ((state in ('completed', 'cancelled')) = (finished_at is not null)), check ((eta_at is null) = (eta_source is null)),
       foreign key (tenant_id, dispatch_id) references fleet.dispatches (tenant_id, id),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id),
       foreign key (tenant_id, driver_id) references fleet.drivers (tenant_id, id),
       constraint dispatch_routes_of_vehicle exclude using gist (tenant_id with =, vehicle_id with =, during with &&)
         where (state in ('assigned', 'under_way')),
       constraint dispatch_routes_of_driver exclude using gist (tenant_id with =, driver_id with =, during with &&)
         where (state in ('assigned', 'under_way'))`,
    );
    await runner.query(`create index dispatch_routes_newest on fleet.dispatch_routes (tenant_id, lower(during), id)`);
    await runner.query(`create index dispatch_routes_of_dispatch on fleet.dispatch_routes (tenant_id, dispatch_id)`);
    await tenantTable(
      runner,
      'fleet.dispatch_stops',
      `route_id uuid not null, position int not null check (position > 0), plan_stop text not null,
       kind text not null check (kind in ('delivery', 'pickup')), lat float8 not null check (lat between -90 and 90),
       lng float8 not null check (lng between -180 and 180), arrive_at timestamptz not null, begin_at timestamptz not null,
       leave_at timestamptz not null, state text not null default 'pending' check (state in ('pending', 'arrived', 'done', 'failed')),
       eta timestamptz, arrived_at timestamptz, closed_at timestamptz, closed_by uuid, reason text, recipient_name text, note text,
       signature_file_id uuid, photo_file_ids uuid[] not null default '{}', check (arrive_at <= begin_at and begin_at <= leave_at),
       check ((state in ('done', 'failed')) = (closed_at is not null)), check ((state = 'failed') = (reason is not null)),
       unique (tenant_id, route_id, position),
       foreign key (tenant_id, route_id) references fleet.dispatch_routes (tenant_id, id)`,
    );
    for (const [column, tag] of [
      ['lat', 'location'],
      ['lng', 'location'],
      ['recipient_name', 'name'],
      ['note', 'text'],
      ['reason', 'text'],
    ])
      await runner.query(`comment on column fleet.dispatch_stops.${column} is 'pii:${tag}'`);
    await runner.query(`create function fleet.check_dispatch_stops_edge() returns trigger language plpgsql
      set search_path = pg_catalog as $$
      begin
        if old.state in ('done', 'failed') and new.state <> old.state then
          raise exception 'a stop that is closed stays as it is' using errcode = '23514';
        end if;
        return new;
      end $$`);
    await runner.query(
      `create trigger dispatch_stops_edge before update of state on fleet.dispatch_stops for each row execute function fleet.check_dispatch_stops_edge()`,
    );
    await retention(runner, 'fleet.dispatch_stops', {
      of: 'proofs',
      since: 'closed_at',
      where: 'closed_at is not null and (recipient_name is not null or note is not null)',
      empty: 'recipient_name = null, note = null',
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function fleet.purge_proofs(int, int)');
    await runner.query('drop table fleet.dispatch_stops, fleet.dispatch_routes, fleet.dispatches');
    await runner.query('drop function fleet.check_dispatch_stops_edge()');
  }
}
