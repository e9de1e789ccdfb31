import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

const STATES = `('open', 'in_progress', 'on_hold', 'completed', 'cancelled')`;

/** Plans of maintenance, what is due of them, work orders with their lines, warranties, checklists, inspections and defects. */
export class FleetMaintenance1764004300100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.plans(runner);
    await this.orders(runner);
    await this.inspections(runner);
  }

  private async plans(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fleet.maintenance_plans',
      `name text not null check (length(name) between 1 and 120), tasks text[] not null default '{}',
       every_days int check (every_days > 0), every_metres bigint check (every_metres > 0), every_seconds bigint check (every_seconds > 0),
       lead_percent smallint not null check (lead_percent between 0 and 90), currency char(3) not null, created_at timestamptz not null,
       check (num_nonnulls(every_days, every_metres, every_seconds) > 0)`,
    );
    // One row a plan and vehicle; the intervals count from the base, which is where it was done last.
    await tenantTable(
      runner,
      'fleet.maintenance_schedules',
      `plan_id uuid not null, vehicle_id uuid not null, base_at timestamptz not null, base_metres bigint not null,
       base_seconds bigint not null, cycle int not null default 1, state text not null default 'ok' check (state in ('ok', 'upcoming', 'due')),
       due_by text check (due_by in ('date', 'distance', 'engine_hours')), told_at timestamptz, created_at timestamptz not null,
       unique (tenant_id, plan_id, vehicle_id),
       foreign key (tenant_id, plan_id) references fleet.maintenance_plans (tenant_id, id),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id),
       check ((state = 'ok') = (due_by is null))`,
    );
    await runner.query(
      `create index maintenance_schedules_of_vehicle on fleet.maintenance_schedules (tenant_id, vehicle_id)`,
    );
  }

  private async orders(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fleet.warranties',
      `vehicle_id uuid not null, name text not null check (length(name) between 1 and 120), begins_on date not null, ends_on date,
       until_metres bigint check (until_metres > 0), provider text, created_at timestamptz not null, check (ends_on >= begins_on),
       check (num_nonnulls(ends_on, until_metres) > 0),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id)`,
    );
    await runner.query(`create index warranties_of_vehicle on fleet.warranties (tenant_id, vehicle_id)`);
    await tenantTable(runner, 'fleet.work_order_counters', `last int not null, check (id = tenant_id)`);
    await tenantTable(
      runner,
      'fleet.work_orders',
      `number int not null, vehicle_id uuid not null, schedule_id uuid, cycle int, title text not null, description text,
       state text not null default 'open' check (state in ${STATES}), currency char(3) not null, assignee text,
       opened_at timestamptz not null, started_at timestamptz, closed_at timestamptz, odometer_metres bigint, engine_seconds bigint,
       opened_by uuid, closed_by uuid, closing_note text, version int not null default 1,
       unique (tenant_id, number),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id),
       foreign key (tenant_id, schedule_id) references fleet.maintenance_schedules (tenant_id, id),
       check ((state in ('completed', 'cancelled')) = (closed_at is not null)), check ((schedule_id is null) = (cycle is null))`,
    );
    // A due cycle has one order that was not called off.
    await runner.query(
      `create unique index work_orders_of_cycle on fleet.work_orders (tenant_id, schedule_id, cycle) where state <> 'cancelled'`,
    );
    await runner.query(`create index work_orders_of_vehicle on fleet.work_orders (tenant_id, vehicle_id, opened_at)`);
    await runner.query(`comment on column fleet.work_orders.assignee is 'pii:name'`);
    for (const column of ['description', 'closing_note'])
      await runner.query(`comment on column fleet.work_orders.${column} is 'pii:text'`);
    await runner.query(`create function fleet.check_work_orders_edge() returns trigger language plpgsql
      set search_path = pg_catalog as $$
      begin
        if old.state in ('completed', 'cancelled') and new is distinct from old then
          raise exception 'a closed work order stays as it is' using errcode = '23514';
        end if;
        return new;
      end $$`);
    await runner.query(
      `create trigger work_orders_edge before update on fleet.work_orders for each row execute function fleet.check_work_orders_edge()`,
    );
    await tenantTable(
      runner,
      'fleet.work_order_lines',
      `work_order_id uuid not null, kind text not null check (kind in ('part', 'labour', 'other')), description text not null, sku text,
       quantity float8 not null check (quantity > 0), amount bigint not null check (amount >= 0), currency char(3) not null,
       warranty_id uuid, created_by uuid, created_at timestamptz not null, check ((kind = 'part') = (sku is not null)),
       foreign key (tenant_id, work_order_id) references fleet.work_orders (tenant_id, id),
       foreign key (tenant_id, warranty_id) references fleet.warranties (tenant_id, id)`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(
      `create index work_order_lines_of_order on fleet.work_order_lines (tenant_id, work_order_id, id)`,
    );
  }

  private async inspections(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fleet.checklists',
      `name text not null check (length(name) between 1 and 120), items jsonb not null, currency char(3) not null, active boolean not null default true,
       created_at timestamptz not null, updated_at timestamptz not null`,
    );
    await tenantTable(
      runner,
      'fleet.inspections',
      `vehicle_id uuid not null, checklist_id uuid not null, inspected_by uuid, at timestamptz not null, odometer_metres bigint,
       results jsonb not null, passed boolean not null, note text, work_order_id uuid, created_at timestamptz not null,
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id),
       foreign key (tenant_id, checklist_id) references fleet.checklists (tenant_id, id),
       foreign key (tenant_id, work_order_id) references fleet.work_orders (tenant_id, id)`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(`create index inspections_newest on fleet.inspections (tenant_id, vehicle_id, at, id)`);
    await runner.query(`comment on column fleet.inspections.note is 'pii:text'`);
    await tenantTable(
      runner,
      'fleet.defects',
      `vehicle_id uuid not null, inspection_id uuid not null, item_key text not null, label text not null, critical boolean not null,
       state text not null default 'open' check (state in ('open', 'fixed', 'dismissed')), note text, work_order_id uuid not null,
       created_at timestamptz not null, closed_at timestamptz, check ((state = 'open') = (closed_at is null)),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id),
       foreign key (tenant_id, inspection_id) references fleet.inspections (tenant_id, id),
       foreign key (tenant_id, work_order_id) references fleet.work_orders (tenant_id, id)`,
    );
    await runner.query(
      `create unique index defects_once on fleet.defects (tenant_id, vehicle_id, item_key) where state = 'open'`,
    );
    await runner.query(`create index defects_of_order on fleet.defects (tenant_id, work_order_id)`);
    await runner.query(`comment on column fleet.defects.note is 'pii:text'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'defects',
      'inspections',
      'checklists',
      'work_order_lines',
      'work_orders',
      'work_order_counters',
      'warranties',
      'maintenance_schedules',
      'maintenance_plans',
    ])
      await runner.query(`drop table fleet.${table}`);
    await runner.query('drop function fleet.check_work_orders_edge()');
  }
}
