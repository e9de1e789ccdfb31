import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Reviews: reserved money that waits for a person, at most one open a try; a trigger holds their states. */
export class FraudReviews1764002700100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fraud.reviews',
      `assessment_id uuid not null, attempt_id uuid not null, intent_id uuid not null, payable_type text not null,
       payable_id text not null, amount bigint not null check (amount > 0), currency char(3) not null,
       score smallint not null, state text not null default 'open' check (state in ('open', 'approved', 'rejected', 'closed')),
       assignee_id uuid, opened_at timestamptz not null, due_at timestamptz not null, reject_at timestamptz not null,
       overdue boolean not null default false, decided_at timestamptz, decided_by uuid, decided_how text
         check (decided_how in ('person', 'time', 'payment')), note text,
       unique (tenant_id, assessment_id),
       foreign key (tenant_id, assessment_id) references fraud.assessments (tenant_id, id) on delete cascade,
       check ((state = 'open') = (decided_at is null)), check ((state = 'open') = (decided_how is null))`,
    );
    await runner.query(`create index reviews_newest on fraud.reviews (tenant_id, opened_at, id)`);
    await runner.query(`create index reviews_open on fraud.reviews (tenant_id, due_at, id) where state = 'open'`);
    await runner.query(`create index reviews_of_intent on fraud.reviews (tenant_id, intent_id)`);
    await runner.query(`create function fraud.check_reviews_edge() returns trigger language plpgsql
      set search_path = pg_catalog as $$
      begin
        if old.state <> 'open' and (new.state, new.decided_at) is distinct from (old.state, old.decided_at) then
          raise exception 'a decided review stays as it is' using errcode = '23514';
        end if;
        return new;
      end $$`);
    await runner.query(
      `create trigger reviews_edge before update on fraud.reviews for each row execute function fraud.check_reviews_edge()`,
    );
    await tenantTable(
      runner,
      'fraud.review_notes',
      `review_id uuid not null, author_id uuid, text text not null check (length(text) between 1 and 4000), at timestamptz not null,
       foreign key (tenant_id, review_id) references fraud.reviews (tenant_id, id) on delete cascade`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(`comment on column fraud.review_notes.text is 'pii:text'`);
    await runner.query(`comment on column fraud.reviews.note is 'pii:text'`);
    await runner.query(`create index review_notes_of_review on fraud.review_notes (tenant_id, review_id, id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table fraud.review_notes');
    await runner.query('drop table fraud.reviews');
    await runner.query('drop function fraud.check_reviews_edge()');
  }
}
