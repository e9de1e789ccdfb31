import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention, tenantTable } from '../src/kernel/database/migration-kit';

/** Where engines ran while vehicles stood: of stops, which no trip has. */
export class FleetIdlings1764004371100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fleet.idlings',
      `vehicle_id uuid not null, tracker_id uuid not null, started_at timestamptz not null, seconds float8 not null check (seconds > 0),
       lat float8 not null, lng float8 not null, unique (tenant_id, vehicle_id, tracker_id, started_at),
       foreign key (tenant_id, vehicle_id) references fleet.vehicles (tenant_id, id)`,
    );
    await runner.query('create index idlings_newest on fleet.idlings (tenant_id, started_at)');
    await retention(runner, 'fleet.idlings', { of: 'idlings', since: 'started_at' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function fleet.purge_idlings(int, int)');
    await runner.query('drop table fleet.idlings');
  }
}
