import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Drivers may be forgotten; a vehicle says whether an inspection took it out of service; what is personal in trips is tagged;
 * inspections of all vehicles are listed by their time.
 */
export class FleetForgottenDrivers1764004350000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table fleet.drivers add column forgotten_at timestamptz,
      add constraint drivers_forgotten check (forgotten_at is null or (num_nonnulls(user_id, email, phone, employee_number) = 0 and not active))`);
    await runner.query(`comment on column fleet.drivers.employee_number is 'pii:identifier'`);
    for (const column of ['start_lat', 'start_lng', 'end_lat', 'end_lng'])
      await runner.query(`comment on column fleet.trips.${column} is 'pii:location'`);
    await runner.query(`alter table fleet.vehicles add column grounded boolean not null default false,
      add constraint vehicles_grounded check (not grounded or state = 'out_of_service')`);
    // The owner writes across tenants for it: until now a reason said so.
    await runner.query('alter table fleet.vehicles no force row level security');
    await runner.query(
      `update fleet.vehicles set grounded = true where state = 'out_of_service' and state_reason = 'Critical defect'`,
    );
    await runner.query('alter table fleet.vehicles force row level security');
    await runner.query(`create index inspections_by_time on fleet.inspections (tenant_id, at, id)`);
    await runner.query(
      `comment on column fleet.work_orders.version is 'written by no release after 0.1: to be dropped'`,
    );
    await this.whoDrives(runner);
  }

  /** The one thing about drivers that is asked over all organizations: as who a person drives where. */
  private async whoDrives(runner: QueryRunner): Promise<void> {
    await runner.query('create index drivers_of_person on fleet.drivers (user_id) where user_id is not null');
    await runner.query(`create policy forget_select on fleet.drivers for select to current_user using (true)`);
    await runner.query(`create function fleet.drivers_of_person(person uuid) returns table (tenant_id uuid, id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
        select d.tenant_id, d.id from fleet.drivers d where d.user_id = person order by 1, 2
      $$`);
    await runner.query('revoke execute on function fleet.drivers_of_person(uuid) from public');
    await runner.query('grant execute on function fleet.drivers_of_person(uuid) to mainstay_app');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function fleet.drivers_of_person(uuid)');
    await runner.query('drop policy forget_select on fleet.drivers');
    await runner.query('drop index fleet.drivers_of_person, fleet.inspections_by_time');
    await runner.query('alter table fleet.vehicles drop column grounded');
    await runner.query('alter table fleet.drivers drop column forgotten_at');
  }
}
