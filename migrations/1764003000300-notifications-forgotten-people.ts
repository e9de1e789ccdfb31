import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whoever deletes their account is forgotten by the inbox and the preferences of every organization. */
export class NotificationsForgottenPeople1764003000300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create index notifications_of_person on notifications.notifications (user_id)`);
    await runner.query(`create index user_preferences_of_person on notifications.user_preferences (id)`);
    await runner.query(`create index messages_of_person on notifications.messages (user_id) where user_id is not null`);
    // The function runs as the owner, to whom the forced wall would show no row.
    for (const command of ['select', 'delete'])
      await runner.query(
        `create policy forget_${command} on notifications.user_preferences for ${command} to current_user using (true)`,
      );
    await runner.query(`create function notifications.forget_person(person uuid) returns void
      language plpgsql security definer set search_path = pg_catalog as $$
      begin
        delete from notifications.user_preferences where id = person;
        delete from notifications.notifications where user_id = person;
        update notifications.messages set data = '{}', subject = null, text_body = null, html_body = null, recipient = null,
          state = case when state in ('queued', 'failed') then 'dead' else state end
        where user_id = person;
      end $$`);
    await runner.query(`revoke execute on function notifications.forget_person(uuid) from public`);
    await runner.query(`grant execute on function notifications.forget_person(uuid) to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function notifications.forget_person(uuid)');
    for (const command of ['select', 'delete'])
      await runner.query(`drop policy forget_${command} on notifications.user_preferences`);
    await runner.query(
      'drop index notifications.notifications_of_person, notifications.user_preferences_of_person, notifications.messages_of_person',
    );
  }
}
