import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention, tenantTable } from '../src/kernel/database/migration-kit';

/**
 * Places with their prices, availability and reviews. What is near is found by a B-tree over bands of latitude
 * (`domain/nearby.ts`): its operators are leakproof, so that it serves beneath the tenant policy.
 */
export class LocationPlaces1764004200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create schema if not exists location');
    await runner.query('grant usage on schema location to mainstay_app');
    await this.places(runner);
    await this.told(runner);
    await this.reviews(runner);
  }

  private async places(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'location.place_kinds',
      `key text collate "C" not null check (key ~ '^[a-z][a-z0-9_]{0,39}$'), name text not null check (length(name) between 1 and 100),
       created_at timestamptz not null, unique (tenant_id, key)`,
    );
    await tenantTable(
      runner,
      'location.places',
      `name text not null check (length(name) between 1 and 200), name_key text collate "C" not null, kind text collate "C" not null,
       lat float8 not null check (lat between -90 and 90), lng float8 not null check (lng >= -180 and lng < 180),
       band int not null generated always as (floor((lat + 90) * 64)::int) stored,
       line1 text, city text, postal_code text, region text, country text check (length(country) = 2),
       phone text, email text, website text, hours jsonb, services text[] collate "C" not null default '{}',
       listed boolean not null, source text collate "C", external_id text collate "C",
       rating_count int not null default 0 check (rating_count >= 0), rating_sum int not null default 0,
       search_text text not null, version int not null, created_at timestamptz not null, updated_at timestamptz not null,
       check (rating_sum between rating_count and 5 * rating_count), check ((source is null) = (external_id is null)),
       constraint places_external unique (tenant_id, source, external_id)`,
    );
    for (const column of ['phone', 'email'])
      await runner.query(`comment on column location.places.${column} is 'pii:${column}'`);
    await runner.query('create index places_near on location.places (tenant_id, band, lng)');
    await runner.query('create index places_newest on location.places (tenant_id, created_at, id)');
    await runner.query('create index places_by_name on location.places (tenant_id, name_key, id)');
    await runner.query('create index places_of_kind on location.places (tenant_id, kind)');
  }

  /** What is told of a place again and again: the newest word by time, and of prices each one. */
  private async told(runner: QueryRunner): Promise<void> {
    const place = 'foreign key (tenant_id, place_id) references location.places (tenant_id, id) on delete cascade';
    const price = `place_id uuid not null, product text collate "C" not null, unit text collate "C" not null, quantity int not null check (quantity > 0),
       amount bigint not null check (amount >= 0), currency text not null check (length(currency) = 3), told_at timestamptz not null, told_by uuid`;
    await tenantTable(
      runner,
      'location.place_prices',
      `${price}, unique (tenant_id, place_id, product, unit), ${place}`,
    );
    await tenantTable(
      runner,
      'location.place_price_history',
      `${price}, unique (tenant_id, place_id, product, unit, told_at), ${place}`,
      { grants: ['select', 'insert', 'delete'] },
    );
    await runner.query(
      'create index place_price_history_newest on location.place_price_history (tenant_id, place_id, told_at, id)',
    );
    await retention(runner, 'location.place_price_history', { of: 'place_prices', since: 'told_at', index: 'brin' });
    await tenantTable(
      runner,
      'location.place_availability',
      `place_id uuid not null, resource text collate "C" not null, free int not null check (free >= 0), total int,
       told_at timestamptz not null, expires_at timestamptz not null, check (total is null or total >= free),
       unique (tenant_id, place_id, resource), ${place}`,
    );
  }

  private async reviews(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'location.place_reviews',
      `place_id uuid not null, user_id uuid, stars smallint not null check (stars between 1 and 5), body text, byline text,
       hidden_at timestamptz, hidden_reason text, hidden_by uuid, answer text, answered_at timestamptz, answered_by uuid,
       open_reports int not null default 0 check (open_reports >= 0), created_at timestamptz not null, edited_at timestamptz,
       check ((hidden_at is null) = (hidden_reason is null)), check ((answer is null) = (answered_at is null)),
       constraint place_reviews_one unique (tenant_id, place_id, user_id),
       foreign key (tenant_id, place_id) references location.places (tenant_id, id) on delete cascade`,
    );
    await runner.query(
      'create index place_reviews_newest on location.place_reviews (tenant_id, place_id, created_at, id)',
    );
    await runner.query(
      'create index place_reviews_reported on location.place_reviews (tenant_id, created_at, id) where open_reports > 0',
    );
    await runner.query(
      'create index place_reviews_of_user on location.place_reviews (user_id) where user_id is not null',
    );
    await tenantTable(
      runner,
      'location.place_review_reports',
      `review_id uuid not null, user_id uuid, reason text not null check (reason in ('spam', 'offensive', 'personal_data', 'off_topic', 'untrue', 'other')),
       note text, settled_at timestamptz, created_at timestamptz not null, constraint place_review_reports_one unique (tenant_id, review_id, user_id),
       foreign key (tenant_id, review_id) references location.place_reviews (tenant_id, id) on delete cascade`,
    );
    await runner.query(
      'create index place_review_reports_of_user on location.place_review_reports (user_id) where user_id is not null',
    );
    for (const [table, columns] of Object.entries({
      place_reviews: ['body', 'byline', 'hidden_reason'],
      place_review_reports: ['note'],
    }))
      for (const column of columns) await runner.query(`comment on column location.${table}.${column} is 'pii:text'`);
    await retention(runner, 'location.place_review_reports', {
      of: 'place_review_reports',
      since: 'settled_at',
      where: 'settled_at is not null',
    });
    await this.forgetting(runner);
  }

  /** The stars of somebody who is gone stay, as nobody's: the average is what it was. */
  private async forgetting(runner: QueryRunner): Promise<void> {
    // The function runs as the owner, to whom the forced wall would show no row.
    for (const command of ['select', 'update'])
      await runner.query(
        `create policy forget_${command} on location.place_reviews for ${command} to current_user using (true)`,
      );
    await runner.query(`create function location.forget_reviewer(person uuid) returns void
      language plpgsql security definer set search_path = pg_catalog as $$
      begin
        update location.place_reviews set user_id = null, byline = null, body = null where user_id = person;
        update location.place_review_reports set user_id = null, note = null where user_id = person;
      end $$`);
    await runner.query('revoke execute on function location.forget_reviewer(uuid) from public');
    await runner.query('grant execute on function location.forget_reviewer(uuid) to mainstay_app');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function location.forget_reviewer(uuid)');
    await runner.query('drop function location.purge_place_prices(int, int)');
    await runner.query('drop function location.purge_place_review_reports(int, int)');
    for (const table of [
      'place_review_reports',
      'place_reviews',
      'place_availability',
      'place_price_history',
      'place_prices',
      'places',
      'place_kinds',
    ])
      await runner.query(`drop table location.${table}`);
  }
}
