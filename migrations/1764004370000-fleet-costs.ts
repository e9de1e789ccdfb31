import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

const CATEGORIES = `('insurance', 'lease', 'loan', 'tax', 'permit', 'toll', 'fine', 'parking', 'tyres', 'washing', 'depreciation', 'maintenance',
  'fuel', 'subscription', 'other')`;

/**
 * What vehicles cost beside fuel and work orders, what comes back (a lease), what vehicles were bought for, and what a
 * fleet reckons with.
 */
export class FleetCosts1764004370000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.entries(runner);
    await tenantTable(
      runner,
      'fleet.cost_profiles',
      `price bigint check (price >= 0), residual bigint check (residual >= 0), currency char(3), purchased_on date, life_months int
         check (life_months > 0), written_off_on date, life_metres bigint check (life_metres > 0), purchase_metres bigint check (purchase_metres >= 0),
       idle_rate float8 check (idle_rate >= 0), updated_at timestamptz not null,
       foreign key (tenant_id, id) references fleet.vehicles (tenant_id, id), check (residual <= price),
       check (num_nulls(price, residual, currency, purchased_on, purchase_metres) in (0, 5)),
       check (num_nonnulls(life_months, life_metres) = (price is not null)::int), check ((life_months is null) = (written_off_on is null)),
       check (written_off_on > purchased_on)`,
    );
    await tenantTable(
      runner,
      'fleet.cost_settings',
      `fuel_prices jsonb not null default '{}', idle_rates jsonb not null default '{}', idle_hour jsonb, co2_factors jsonb not null default '{}',
       updated_at timestamptz not null, check (id = tenant_id)`,
    );
    await runner.query(`create index work_order_lines_newest on fleet.work_order_lines (tenant_id, created_at)`);
    // What days [a, z) of so many have of an amount, as equal parts of which the first are one minor unit larger.
    await runner.query(`create function fleet.share_of_days(amount bigint, days int, a int, z int) returns bigint
      language sql immutable parallel safe as $$
        select (z - a) * (amount / days) + least(z, amount % days) - least(a, amount % days)
      $$`);
  }

  private async entries(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fleet.cost_series',
      `vehicle_id uuid not null, category text not null check (category in ${CATEGORIES}), amount bigint not null check (amount >= 0),
       currency char(3) not null, every text not null check (every in ('week', 'month', 'quarter', 'year')), begins_on date not null,
       ends_on date, vendor text, reference text, note text, made int not null default 0 check (made >= 0),
       created_at timestamptz not null, updated_at timestamptz not null, check (ends_on >= begins_on),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id)`,
    );
    await runner.query(`comment on column fleet.cost_series.note is 'pii:text'`);
    await runner.query(`create index cost_series_of_vehicle on fleet.cost_series (tenant_id, vehicle_id)`);
    // Of a moment, which is one day, or of days [begins_on, ends_on) over which it is spread evenly.
    await tenantTable(
      runner,
      'fleet.cost_entries',
      `vehicle_id uuid not null, driver_id uuid, category text not null check (category in ${CATEGORIES}),
       amount bigint not null check (amount >= 0), currency char(3) not null, at timestamptz, begins_on date not null, ends_on date not null,
       vendor text, reference text, note text, file_id uuid, series_id uuid, occurrence int, entered_by uuid,
       created_at timestamptz not null, updated_at timestamptz not null,
       check (ends_on > begins_on), check (at is null or ends_on = begins_on + 1), check ((series_id is null) = (occurrence is null)),
       constraint cost_entries_once unique (tenant_id, series_id, occurrence),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id),
       foreign key (tenant_id, driver_id) references fleet.drivers (tenant_id, id),
       foreign key (tenant_id, series_id) references fleet.cost_series (tenant_id, id)`,
    );
    for (const column of ['note', 'reference'])
      await runner.query(`comment on column fleet.cost_entries.${column} is 'pii:text'`);
    await runner.query(`create index cost_entries_by_end on fleet.cost_entries (tenant_id, ends_on, begins_on)`);
    await runner.query(`create index cost_entries_newest on fleet.cost_entries (tenant_id, begins_on, id)`);
    await runner.query(
      `create index cost_entries_of_vehicle on fleet.cost_entries (tenant_id, vehicle_id, ends_on, begins_on)`,
    );
    await runner.query(
      `create index cost_entries_of_driver on fleet.cost_entries (tenant_id, driver_id) where driver_id is not null`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function fleet.share_of_days(bigint, int, int, int)');
    await runner.query('drop index fleet.work_order_lines_newest');
    await runner.query('drop table fleet.cost_settings, fleet.cost_profiles, fleet.cost_entries, fleet.cost_series');
  }
}
