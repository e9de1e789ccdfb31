import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention, tenantTable } from '../src/kernel/database/migration-kit';

/** Plans of routes that were asked for: the request as it came, how far it is, and what came of it. */
export class LocationRouteJobs1764004100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create schema if not exists location');
    await runner.query('grant usage on schema location to mainstay_app');
    await tenantTable(
      runner,
      'location.route_jobs',
      `state text not null default 'queued' check (state in ('queued', 'active', 'completed', 'failed', 'cancelled')),
       request jsonb not null, progress smallint not null default 0 check (progress between 0 and 100),
       solution jsonb, failure text, cancel_requested boolean not null default false,
       attempt int not null default 0, requested_by uuid, created_at timestamptz not null,
       started_at timestamptz, heard_at timestamptz, finished_at timestamptz,
       check ((state in ('completed', 'failed', 'cancelled')) = (finished_at is not null)),
       check (state <> 'completed' or solution is not null), check ((state = 'failed') = (failure is not null))`,
    );
    await runner.query(`comment on column location.route_jobs.request is 'pii:location'`);
    await runner.query(`comment on column location.route_jobs.solution is 'pii:location'`);
    await runner.query(
      `create index route_jobs_open on location.route_jobs (tenant_id) where state in ('queued', 'active')`,
    );
    await retention(runner, 'location.route_jobs', {
      of: 'route_jobs',
      since: 'finished_at',
      where: 'finished_at is not null',
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function location.purge_route_jobs(int, int)');
    await runner.query('drop table location.route_jobs');
  }
}
