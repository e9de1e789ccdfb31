import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Templates that organizations write themselves, in the place of the product's or beside them; versions stay. */
export class NotificationsTemplates1764003000200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'notifications.templates',
      `name text not null,
       locale text not null,
       version int not null,
       active boolean not null,
       category text not null,
       source jsonb not null,
       compiled text not null,
       sample jsonb not null,
       variables text[] not null,
       note text,
       created_by uuid,
       created_at timestamptz not null,
       unique (tenant_id, name, locale, version)`,
    );
    await runner.query(
      `create unique index templates_active on notifications.templates (tenant_id, name, locale) where active`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table notifications.templates');
  }
}
