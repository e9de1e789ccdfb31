import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Who is notified of what happens at a geofence. */
export class LocationFollowers1764004001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'location.geofence_followers',
      `geofence_id uuid not null, user_id uuid not null, types text[] not null check (types <@ '{enter,exit,dwell}' and cardinality(types) > 0),
       unique (tenant_id, geofence_id, user_id),
       foreign key (tenant_id, geofence_id) references location.geofences (tenant_id, id)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table location.geofence_followers');
  }
}
