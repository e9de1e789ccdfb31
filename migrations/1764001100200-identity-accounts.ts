import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people say of themselves, how accounts end, and the further links that mails carry. */
export class IdentityAccounts1764001100200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table identity.users add column locale text, add column time_zone text, add column preferences jsonb not null default '{}',
         add column closed_reason text check (closed_reason in ('self', 'operator', 'deletion', 'deleted')),
         add column deletion_due_at timestamptz`,
    );
    await runner.query(`update identity.users set closed_reason = 'operator' where status = 'disabled'`);
    await runner.query(
      `alter table identity.users add constraint users_closed check ((status = 'active') = (closed_reason is null))`,
    );
    for (const [column, what] of Object.entries({
      locale: 'pii:locale',
      time_zone: 'pii:place',
      preferences: 'pii:preferences',
    }))
      await runner.query(`comment on column identity.users.${column} is '${what}'`);
    await runner.query(`alter table identity.sign_ins add column device_name text`);
    await runner.query(`comment on column identity.sign_ins.device_name is 'pii:device'`);
    await runner.query(`alter table identity.challenges drop constraint challenges_purpose_check`);
    await runner.query(
      `alter table identity.challenges add constraint challenges_purpose_check
         check (purpose in ('verify-email', 'reset-password', 'change-email', 'undo-email-change', 'keep-account'))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table identity.sign_ins drop column device_name`);
    await runner.query(`delete from identity.challenges where purpose <> 'verify-email'`);
    await runner.query(`alter table identity.challenges drop constraint challenges_purpose_check`);
    await runner.query(
      `alter table identity.challenges add constraint challenges_purpose_check check (purpose in ('verify-email'))`,
    );
    await runner.query(
      `alter table identity.users drop constraint users_closed, drop column locale, drop column time_zone, drop column preferences,
         drop column closed_reason, drop column deletion_due_at`,
    );
  }
}
