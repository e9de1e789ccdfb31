import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention, tenantTable } from '../src/kernel/database/migration-kit';

/** Traffic that an organization keeps: factors by the hour of the week, and roads that are slow or closed for a time. */
export class LocationTraffic1764004150000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'location.traffic_profiles',
      `name text not null, time_zone text not null, rules jsonb not null, is_default boolean not null,
       version int not null default 1, created_at timestamptz not null, updated_at timestamptz not null`,
    );
    await runner.query(
      'create unique index traffic_profiles_name on location.traffic_profiles (tenant_id, lower(name))',
    );
    await runner.query(
      'create unique index traffic_profiles_default on location.traffic_profiles (tenant_id) where is_default',
    );
    await tenantTable(
      runner,
      'location.road_overrides',
      `roads jsonb not null, factor double precision check (factor >= 1), reason text not null,
       starts_at timestamptz not null, ends_at timestamptz, created_by uuid,
       version int not null default 1, created_at timestamptz not null`,
    );
    await runner.query(
      `create index road_overrides_by_end on location.road_overrides (tenant_id, (coalesce(ends_at, 'infinity'::timestamptz)))`,
    );
    await retention(runner, 'location.road_overrides', {
      of: 'road_overrides',
      since: 'ends_at',
      where: 'ends_at is not null',
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function location.purge_road_overrides(int, int)');
    await runner.query('drop table location.road_overrides');
    await runner.query('drop table location.traffic_profiles');
  }
}
