import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Users who are named by what they told; they are taken from there with their account. Followers of fences were before. */
const NAMED = {
  place_prices: 'told_by',
  place_price_history: 'told_by',
} as const;

/** A hidden review that its author deletes keeps its place, and nothing of somebody is left with the account. */
export class LocationPlaceReviews1764004250000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Its words are gone, and that the author may not write another is not.
    await runner.query(
      `alter table location.place_reviews add column withdrawn_at timestamptz,
         add constraint place_reviews_withdrawn check (withdrawn_at is null or (hidden_at is not null and body is null and byline is null))`,
    );
    await runner.query(
      'create index place_reviews_newest_of_all on location.place_reviews (tenant_id, created_at, id)',
    );
    await this.forgetting(runner);
  }

  private async forgetting(runner: QueryRunner): Promise<void> {
    for (const [table, column] of Object.entries(NAMED)) {
      await runner.query(`create index ${table}_of_user on location.${table} (${column}) where ${column} is not null`);
      for (const command of ['select', 'update'])
        await runner.query(
          `create policy forget_${command} on location.${table} for ${command} to current_user using (true)`,
        );
    }
    for (const column of ['hidden_by', 'answered_by'])
      await runner.query(
        `create index place_reviews_${column} on location.place_reviews (${column}) where ${column} is not null`,
      );
    await runner.query(`create or replace function location.forget_reviewer(person uuid) returns void
      language plpgsql security definer set search_path = pg_catalog as $$
      begin
        update location.place_reviews set user_id = null, byline = null, body = null where user_id = person;
        update location.place_reviews set hidden_by = null where hidden_by = person;
        update location.place_reviews set answered_by = null where answered_by = person;
        update location.place_review_reports set user_id = null, note = null where user_id = person;
        update location.place_prices set told_by = null where told_by = person;
        update location.place_price_history set told_by = null where told_by = person;
        delete from location.geofence_followers where user_id = person;
      end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`create or replace function location.forget_reviewer(person uuid) returns void
      language plpgsql security definer set search_path = pg_catalog as $$
      begin
        update location.place_reviews set user_id = null, byline = null, body = null where user_id = person;
        update location.place_review_reports set user_id = null, note = null where user_id = person;
      end $$`);
    for (const column of ['hidden_by', 'answered_by'])
      await runner.query(`drop index location.place_reviews_${column}`);
    for (const table of Object.keys(NAMED)) {
      await runner.query(`drop index location.${table}_of_user`);
      for (const command of ['select', 'update'])
        await runner.query(`drop policy if exists forget_${command} on location.${table}`);
    }
    await runner.query('drop index location.place_reviews_newest_of_all');
    await runner.query('alter table location.place_reviews drop column withdrawn_at');
  }
}
