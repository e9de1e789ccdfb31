import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention, tenantTable } from '../src/kernel/database/migration-kit';

/** What sensors of tanks mean from when on, what they said by ten minutes, and refills and drops that follow from it. */
export class FleetFuelLevels1764004360100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fleet.fuel_sensors',
      `vehicle_id uuid not null, attribute text not null, from_at timestamptz not null, points jsonb not null, created_by uuid,
       created_at timestamptz not null, constraint fuel_sensors_once unique (tenant_id, vehicle_id, from_at),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id)`,
      { grants: ['select', 'insert', 'delete'] },
    );
    await tenantTable(
      runner,
      'fleet.fuel_levels',
      `vehicle_id uuid not null, at timestamptz not null, quantity bigint not null check (quantity >= 0),
       unique (tenant_id, vehicle_id, at),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id)`,
    );
    await retention(runner, 'fleet.fuel_levels', { of: 'fuel_levels', since: 'at' });
    await tenantTable(
      runner,
      'fleet.fuel_changes',
      `vehicle_id uuid not null, driver_id uuid, kind text not null check (kind in ('refill', 'drop')), began_at timestamptz not null,
       ended_at timestamptz not null, before bigint not null, after bigint not null, quantity bigint not null check (quantity > 0),
       raw_quantity bigint not null, lat float8 not null, lng float8 not null,
       state text not null check (state in ('open', 'confirmed', 'dismissed', 'withdrawn')), reason text, decided_by uuid,
       decided_at timestamptz, entry_id uuid, made_at timestamptz not null,
       check (ended_at >= began_at), check ((state in ('confirmed', 'dismissed')) = (decided_at is not null)),
       check (entry_id is null or kind = 'refill'),
       constraint fuel_changes_entry unique (tenant_id, entry_id),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id),
       foreign key (tenant_id, driver_id) references fleet.drivers (tenant_id, id),
       foreign key (tenant_id, entry_id) references fleet.fuel_entries (tenant_id, id) on delete set null (entry_id)`,
    );
    await runner.query(`create index fuel_changes_newest on fleet.fuel_changes (tenant_id, began_at, id)`);
    await runner.query(`create index fuel_changes_of_vehicle on fleet.fuel_changes (tenant_id, vehicle_id, began_at)`);
    for (const column of ['lat', 'lng'])
      await runner.query(`comment on column fleet.fuel_changes.${column} is 'pii:location'`);
    await runner.query(`comment on column fleet.fuel_changes.reason is 'pii:text'`);
    await retention(runner, 'fleet.fuel_changes', { of: 'fuel_changes', since: 'ended_at' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function fleet.purge_fuel_changes(int, int)');
    await runner.query('drop table fleet.fuel_changes');
    await runner.query('drop function fleet.purge_fuel_levels(int, int)');
    await runner.query('drop table fleet.fuel_levels');
    await runner.query('drop table fleet.fuel_sensors');
  }
}
