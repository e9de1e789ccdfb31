import type { MigrationInterface, QueryRunner } from 'typeorm';
import { platformTable, retention, tenantTable } from '../src/kernel/database/migration-kit';

/** Devices that push messages reach, what was tried with each message, and what providers told afterwards. */
export class NotificationsPush1764003010000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.tokens(runner);
    await this.attempts(runner);
    await this.callbacks(runner);
    await platformTable(
      runner,
      'notifications.provider_lanes',
      `name text primary key,
       shut_until timestamptz,
       shut_for text,
       alarm text,
       alarm_at timestamptz,
       permits double precision not null default 0,
       refilled_at timestamptz not null`,
      'quotas and faults of a provider are those of the installation, whose accounts all tenants share',
    );
    await runner.query(`alter table notifications.messages drop constraint messages_state_check,
      add constraint messages_state_check
        check (state in ('queued', 'sent', 'delivered', 'opened', 'failed', 'dead', 'suppressed', 'unknown'))`);
    await this.retained(runner, `('sent', 'delivered', 'opened', 'dead', 'suppressed', 'unknown')`);
  }

  private async tokens(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'notifications.push_tokens',
      `user_id uuid not null,
       session_id uuid,
       provider text not null check (provider in ('fcm', 'apns', 'web_push')),
       platform text not null check (platform in ('android', 'ios', 'web', 'unknown')),
       digest bytea not null,
       sealed text not null,
       device_name text,
       state text not null default 'active' check (state in ('active', 'deactivated')),
       state_reason text,
       created_at timestamptz not null,
       seen_at timestamptz not null,
       constraint push_tokens_once unique (tenant_id, digest)`,
    );
    await runner.query(`create index push_tokens_of_user on notifications.push_tokens (user_id, tenant_id)`);
    await runner.query(
      `create index push_tokens_of_session on notifications.push_tokens (session_id) where session_id is not null`,
    );
    await runner.query(`comment on column notifications.push_tokens.sealed is 'secret pii:device'`);
    await runner.query(`comment on column notifications.push_tokens.device_name is 'pii:device'`);
    await retention(runner, 'notifications.push_tokens', {
      of: 'push_tokens',
      since: 'seen_at',
      where: `provider = 'fcm' and platform <> 'ios'`,
    });
    // A person signs out of all shops at once; who signed out, or is gone, is pushed to no more.
    for (const [routine, column] of [
      ['forget_session_devices', 'session_id'],
      ['forget_user_devices', 'user_id'],
    ]) {
      await runner.query(`create function notifications.${routine}(whose uuid) returns int
        language plpgsql security definer set search_path = pg_catalog as $$
        declare
          taken int;
        begin
          delete from notifications.push_tokens where ${column} = whose;
          get diagnostics taken = row_count;
          return taken;
        end $$`);
      await runner.query(`revoke execute on function notifications.${routine}(uuid) from public`);
      await runner.query(`grant execute on function notifications.${routine}(uuid) to mainstay_app`);
    }
  }

  private async attempts(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'notifications.delivery_attempts',
      `message_id uuid not null,
       number int not null,
       provider text not null,
       state text not null check (state in ('started', 'accepted', 'refused', 'later', 'unknown')),
       code text,
       provider_id text,
       retry_after_seconds int,
       started_at timestamptz not null,
       ended_at timestamptz,
       constraint delivery_attempts_once unique (tenant_id, message_id, number),
       constraint delivery_attempts_message foreign key (tenant_id, message_id) references notifications.messages (tenant_id, id) on delete cascade,
       check ((state = 'started') = (ended_at is null))`,
    );
  }

  private async callbacks(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'notifications.callbacks',
      `provider text not null,
       event_id text not null,
       kind text not null check (kind in ('delivered', 'opened', 'bounced', 'complained', 'failed', 'unsubscribed', 'other')),
       type text not null,
       permanent boolean not null,
       message_id uuid,
       detail text,
       at timestamptz not null,
       state text not null check (state in ('received', 'processed', 'ignored')),
       received_at timestamptz not null,
       processed_at timestamptz,
       constraint callbacks_once unique (tenant_id, provider, event_id)`,
    );
    await runner.query(
      `create index callbacks_of_message on notifications.callbacks (tenant_id, message_id) where message_id is not null`,
    );
    await runner.query(`comment on column notifications.callbacks.detail is 'pii:message'`);
    await retention(runner, 'notifications.callbacks', {
      of: 'callbacks',
      since: 'received_at',
      where: `state <> 'received'`,
      index: 'brin',
    });
  }

  /** Messages are kept for a time once their state is final; the indexes' conditions are the routines'. */
  private async retained(runner: QueryRunner, final: string): Promise<void> {
    await runner.query('drop index notifications.retention_contents, notifications.retention_messages');
    await retention(runner, 'notifications.messages', {
      of: 'contents',
      since: 'created_at',
      where: `state in ${final} and data <> '{}'`,
      empty: `data = '{}', subject = null, text_body = null, html_body = null`,
    });
    await retention(runner, 'notifications.messages', {
      of: 'messages',
      since: 'created_at',
      where: `state in ${final}`,
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`update notifications.messages set state = 'dead' where state = 'unknown'`);
    await runner.query(`alter table notifications.messages drop constraint messages_state_check,
      add constraint messages_state_check
        check (state in ('queued', 'sent', 'delivered', 'opened', 'failed', 'dead', 'suppressed'))`);
    await this.retained(runner, `('sent', 'delivered', 'opened', 'dead', 'suppressed')`);
    for (const table of ['provider_lanes', 'callbacks', 'delivery_attempts', 'push_tokens'])
      await runner.query(`drop table notifications.${table}`);
    await runner.query('drop function notifications.purge_push_tokens(int, int)');
    await runner.query(
      'drop function notifications.forget_session_devices(uuid), notifications.forget_user_devices(uuid)',
    );
    await runner.query('drop function notifications.purge_callbacks(int, int)');
  }
}
