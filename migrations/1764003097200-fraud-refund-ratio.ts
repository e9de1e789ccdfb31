import type { MigrationInterface, QueryRunner } from 'typeorm';

/** @param paid which tries count towards the share of money that went back */
const gather = (
  paid: string,
): string => `create or replace function fraud.gather(about jsonb, entries text[], wanted jsonb, exact text[], own uuid)
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
        'refundRatio', coalesce(sum(refunded) filter (where ${paid}) / nullif(sum(amount) filter (where ${paid}), 0), 0))
      into history from mine;
    return jsonb_build_object(
      'revision', (select s.revision from fraud.settings s where s.tenant_id = tenant and s.id = tenant),
      'at', at, 'lists', listed, 'history', history,
      'velocity', fraud.count_velocity(about, wanted, at, own, false));
  end $$`;

/** What went back is a share of what was paid in one currency: amounts of several are not added. */
export class FraudRefundRatio1764003097200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(gather(`outcome = 'paid' and currency = about ->> 'currency'`));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(gather(`outcome = 'paid'`));
  }
}
