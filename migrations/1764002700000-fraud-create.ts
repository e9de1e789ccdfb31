import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, retention, tenantTable } from '../src/kernel/database/migration-kit';

/**
 * Settings, rules with their versions, lists, and what was judged about every try to pay. The columns that velocity is
 * counted by are indexed with the time, so that a window is a range of an index.
 */
export class FraudCreate1764002700000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'fraud');
    await this.rules(runner);
    await this.assessments(runner);
    await this.gather(runner);
  }

  private async rules(runner: QueryRunner): Promise<void> {
    // One row a tenant, whose id is the tenant's; where there is none, nothing is on.
    await tenantTable(
      runner,
      'fraud.settings',
      `enabled boolean not null default true, revision bigint not null default 1,
       challenge_at smallint check (challenge_at between 1 and 100), review_at smallint check (review_at between 1 and 100),
       block_at smallint check (block_at between 1 and 100),
       review_due_minutes int not null default 240 check (review_due_minutes between 1 and 10080),
       reject_after_hours int not null default 144 check (reject_after_hours between 1 and 720),
       updated_at timestamptz not null, check (id = tenant_id),
       check (challenge_at <= review_at), check (review_at <= block_at), check (challenge_at <= block_at)`,
    );
    await tenantTable(
      runner,
      'fraud.rules',
      `name text not null check (length(name) between 1 and 200), description text, version int not null,
       mode text not null check (mode in ('off', 'shadow', 'live')), condition jsonb not null,
       weight smallint not null check (weight between -100 and 100),
       decision text check (decision in ('allow', 'challenge', 'review', 'block')),
       created_at timestamptz not null, updated_at timestamptz not null, deleted_at timestamptz,
       check (weight <> 0 or decision is not null)`,
    );
    await runner.query(
      `create unique index rules_by_name on fraud.rules (tenant_id, lower(name)) where deleted_at is null`,
    );
    // What judged, as it was: only ever added.
    await tenantTable(
      runner,
      'fraud.rule_versions',
      `rule_id uuid not null, version int not null, name text not null, mode text not null, condition jsonb not null,
       weight smallint not null, decision text, changed_by uuid, at timestamptz not null,
       unique (tenant_id, rule_id, version), foreign key (tenant_id, rule_id) references fraud.rules (tenant_id, id)`,
      { grants: ['select', 'insert'] },
    );
    await tenantTable(
      runner,
      'fraud.list_entries',
      `list text not null check (list in ('allow', 'block', 'proxy', 'disposable')),
       kind text not null check (kind in ('email', 'domain', 'ip', 'card', 'country', 'account', 'device')),
       value text not null check (length(value) between 1 and 320), entry text generated always as (kind || ':' || value) stored,
       note text, expires_at timestamptz, created_by uuid, created_at timestamptz not null`,
    );
    await runner.query(`comment on column fraud.list_entries.value is 'pii:contact'`);
    await runner.query(`comment on column fraud.list_entries.entry is 'pii:contact'`);
    await runner.query(
      `create unique index list_entries_verdict on fraud.list_entries (tenant_id, entry) where list in ('allow', 'block')`,
    );
    await runner.query(`create unique index list_entries_entry on fraud.list_entries (tenant_id, entry, list)`);
    await runner.query(`create index list_entries_newest on fraud.list_entries (tenant_id, created_at, id)`);
    await runner.query(
      `create index list_entries_lapsed on fraud.list_entries (expires_at) where expires_at is not null`,
    );
    await retention(runner, 'fraud.list_entries', { of: 'list_entries', since: 'expires_at', index: 'none' });
  }

  private async assessments(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fraud.assessments',
      `attempt_id uuid not null, intent_id uuid, payable_type text not null, payable_id text not null,
       email text, ip text, network text, device text, account text, address text, card text,
       amount bigint not null check (amount > 0), currency char(3) not null,
       decision text not null check (decision in ('allow', 'challenge', 'review', 'block')),
       shadow_decision text not null check (shadow_decision in ('allow', 'challenge', 'review', 'block')),
       score smallint not null check (score between 0 and 100),
       reserve_first boolean not null default false, final boolean not null default true,
       signals jsonb not null, judged jsonb not null, hits jsonb not null, lists jsonb not null, thresholds jsonb not null, reasons jsonb not null,
       model_id uuid, model_score double precision,
       outcome text not null default 'open' check (outcome in ('open', 'blocked', 'declined', 'reserved', 'paid', 'let_go')),
       refunded bigint not null default 0 check (refunded >= 0),
       label text check (label in ('fraud', 'legitimate')), label_source text, labelled_at timestamptz,
       created_at timestamptz not null,
       unique (tenant_id, attempt_id), check ((label is null) = (label_source is null))`,
    );
    for (const column of ['email', 'ip', 'network', 'device', 'account', 'address', 'card', 'signals', 'reasons'])
      await runner.query(`comment on column fraud.assessments.${column} is 'pii:contact'`);
    for (const column of ['email', 'network', 'device', 'account', 'address', 'card'])
      await runner.query(
        `create index assessments_by_${column} on fraud.assessments (tenant_id, ${column}, created_at) where ${column} is not null`,
      );
    await runner.query(`create index assessments_newest on fraud.assessments (tenant_id, created_at, id)`);
    await runner.query(`create index assessments_of_payable on fraud.assessments (tenant_id, payable_id)`);
    await runner.query(
      `create index assessments_of_intent on fraud.assessments (tenant_id, intent_id) where intent_id is not null`,
    );
    await retention(runner, 'fraud.assessments', { of: 'assessments', since: 'created_at', index: 'brin' });
  }

  private async gather(runner: QueryRunner): Promise<void> {
    // Column by which a key of velocity is counted: an address stands for its network.
    await runner.query(`create function fraud.column_of(key text) returns text language sql immutable
      set search_path = pg_catalog as $$ select case when key = 'ip' then 'network' when key in
        ('email', 'device', 'account', 'address', 'card') then key end $$`);
    // What a try is counted with: all others within the window, and itself. With `before` only those that came before it.
    await runner.query(`create function fraud.count_velocity(about jsonb, wanted jsonb, at timestamptz, own uuid, before boolean)
      returns jsonb language plpgsql stable set search_path = pg_catalog as $$
      declare
        each record;
        counted jsonb := '{}';
        found jsonb;
      begin
        for each in
          select w.key, fraud.column_of(w.key) as column_name, max(w.seconds) as longest,
            jsonb_agg(jsonb_build_object('name', w.name, 'measure', w.measure, 'seconds', w.seconds)) as windows
          from jsonb_to_recordset(wanted) as w(name text, measure text, key text, seconds int)
          where about ->> fraud.column_of(w.key) is not null group by w.key
        loop
          execute format('with seen as (
              select created_at, outcome, amount, currency, card, email from fraud.assessments
              where tenant_id = kernel.tenant_id() and %I = $1 and created_at > $2 - make_interval(secs => $3) and id is distinct from $4
                and (not $5 or (created_at, id) < ($2, $4)))
            select jsonb_object_agg(name, value) from (
              select w.name, case w.measure
                when $q$tries$q$ then count(s.created_at) + 1
                when $q$amount$q$ then coalesce(sum(s.amount) filter (where s.currency = $7), 0) + $8
                when $q$declines$q$ then count(*) filter (where s.outcome = $q$declined$q$)
                when $q$cards$q$ then count(distinct s.card) filter (where s.card is distinct from $9) + ($9 is not null)::int
                when $q$emails$q$ then count(distinct s.email) filter (where s.email is distinct from $10) + ($10 is not null)::int
                end as value
              from jsonb_to_recordset($6) as w(name text, measure text, seconds int)
              left join seen s on s.created_at > $2 - make_interval(secs => w.seconds)
              group by w.name, w.measure) v', each.column_name)
            into found
            using about ->> each.column_name, at, each.longest, own, before, each.windows, about ->> 'currency',
              (about ->> 'amount')::bigint, about ->> 'card', about ->> 'email';
          counted := counted || found;
        end loop;
        return counted;
      end $$`);
    // All that one judgement needs, in one statement. Keys with exact limits are taken first, in one order for everybody,
    // until the end of the transaction; each statement within sees what was committed before it began.
    await runner.query(`create function fraud.gather(about jsonb, entries text[], wanted jsonb, exact text[], own uuid)
      returns jsonb language plpgsql volatile set search_path = pg_catalog as $$
      declare
        tenant constant uuid := kernel.tenant_id();
        taken bigint;
        listed jsonb;
        history jsonb;
        at timestamptz;
      begin
        for taken in select distinct hashtextextended('fraud ' || tenant || ' ' || k || ' ' || (about ->> fraud.column_of(k)), 0) as h
          from unnest(exact) as k where about ->> fraud.column_of(k) is not null order by h
        loop
          perform pg_advisory_xact_lock(taken);
        end loop;
        at := kernel.now();
        select coalesce(jsonb_agg(jsonb_build_object('list', e.list, 'kind', e.kind, 'value', e.value)), '[]') into listed
          from fraud.list_entries e
          where e.tenant_id = tenant and e.entry = any(entries) and (e.expires_at is null or e.expires_at > at);
        with mine as materialized (
          (select a.* from fraud.assessments a where a.tenant_id = tenant and a.email = about ->> 'email'
             and a.id is distinct from own order by a.created_at desc limit 200)
          union
          (select a.* from fraud.assessments a where a.tenant_id = tenant and a.account = about ->> 'account'
             and a.id is distinct from own order by a.created_at desc limit 200)
        ), proven as (
          select count(*) as n from (
            select id from mine where label = 'fraud'
            union select id from fraud.assessments a where a.tenant_id = tenant and a.card = about ->> 'card' and a.label = 'fraud'
            union select id from fraud.assessments a where a.tenant_id = tenant and a.device = about ->> 'device' and a.label = 'fraud'
            union select id from fraud.assessments a where a.tenant_id = tenant and a.address = about ->> 'address' and a.label = 'fraud') f
        )
        select jsonb_build_object(
            'chargebacks', (select n from proven),
            'paid', count(distinct payable_id) filter (where outcome = 'paid'),
            'refusals', count(*) filter (where outcome in ('declined', 'blocked') and created_at > at - interval '90 days'),
            'firstSeen', min(created_at),
            'median', percentile_cont(0.5) within group (order by amount)
              filter (where outcome = 'paid' and currency = about ->> 'currency'),
            'refundRatio', coalesce(sum(refunded) filter (where outcome = 'paid') / nullif(sum(amount) filter (where outcome = 'paid'), 0), 0))
          into history from mine;
        return jsonb_build_object(
          'revision', (select s.revision from fraud.settings s where s.tenant_id = tenant and s.id = tenant),
          'at', at, 'lists', listed, 'history', history,
          'velocity', fraud.count_velocity(about, wanted, at, own, false));
      end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema fraud cascade');
  }
}
