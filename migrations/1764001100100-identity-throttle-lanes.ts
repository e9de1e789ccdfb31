import type { MigrationInterface, QueryRunner } from 'typeorm';
import { platformTable } from '../src/kernel/database/migration-kit';

/**
 * Tries are counted in several lanes at once, and a known device has a lane of its own. Reserving is one call: a
 * function, because each lane is counted only when the one before let the try pass.
 */
export class IdentityThrottleLanes1764001100100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table identity.throttles add column failures int not null default 0, add column accounts int not null default 0`,
    );
    await platformTable(
      runner,
      'identity.throttle_sightings',
      `source bytea not null, identifier bytea not null, window_ends_at timestamptz not null, primary key (source, identifier)`,
      'which identifiers were tried from which address, by keyed hashes: one that tries many accounts once each is seen',
    );
    await runner.query(`create index throttle_sightings_age on identity.throttle_sightings (window_ends_at)`);
    await runner.query(
      `alter table identity.users add column lockout_tries int check (lockout_tries > 0),
         add column lockout_minutes int check (lockout_minutes > 0)`,
    );
    await this.reserving(runner);
    await this.givingBack(runner);
  }

  private async reserving(runner: QueryRunner): Promise<void> {
    await runner.query(`
create function identity.reserve_try(
  this_try uuid,
  account_address text,      -- normalized address of the account, where the lanes are those of a sign-in
  device uuid,               -- the device that the request proved to be, or null
  known_key bytea,           -- counter of this device on this account
  keys bytea[],              -- counters of strangers, the narrowest first: that is also the order of locks
  free int[], window_seconds int[], longest_seconds int[],
  first_seconds int,
  close_after int,           -- failures in a row after which the first lane opens only by recovery; 0 for never
  source_at int,             -- which lane is the client's address, or 0
  accounts_free int)
returns table (allowed boolean, wait int, lane int, known boolean, closed boolean)
language plpgsql as $$
declare
  lanes bytea[] := keys;
  account uuid; account_tries int; account_minutes int;
  counted record; at_now timestamptz := kernel.now(); fresh boolean;
begin
  known := false; closed := false; lane := 0; wait := 0; allowed := true;
  if account_address is not null then
    select u.id, u.lockout_tries, u.lockout_minutes into account, account_tries, account_minutes
      from identity.users u where u.realm_id is null and u.email_normalized = account_address;
    if device is not null and account is not null then
      known := exists (select 1 from identity.devices d where d.user_id = account and d.device_id = device);
    end if;
    if known then lanes := array[known_key]; end if;
  end if;
  for i in 1 .. cardinality(lanes) loop
    insert into identity.throttles as t (key, tries, failures, waits_until, window_ends_at, last_try)
    values (lanes[i], 1, 1, case when free[i] <= 1 then at_now + make_interval(secs => first_seconds) end,
      at_now + make_interval(secs => window_seconds[i]), this_try)
    on conflict (key) do update set
      tries = case when t.window_ends_at <= at_now then 1 else t.tries + 1 end,
      failures = t.failures + 1,
      accounts = case when t.window_ends_at <= at_now then 0 else t.accounts end,
      waits_until = case
        when i = 1 and t.failures + 1 >= coalesce(account_tries, t.failures + 2)
          then at_now + make_interval(mins => account_minutes)
        when t.window_ends_at <= at_now then excluded.waits_until
        when t.tries + 1 >= free[i] then at_now + make_interval(secs =>
          least(longest_seconds[i], first_seconds * power(2, least(t.tries + 1 - free[i], 10)))) end,
      window_ends_at = case when t.window_ends_at <= at_now then excluded.window_ends_at else t.window_ends_at end,
      last_try = excluded.last_try
      where (t.waits_until > at_now and (i = 1 or t.window_ends_at > at_now)) is not true
        and not (i = 1 and not known and close_after > 0 and t.failures >= close_after)
    returning t.tries, t.accounts into counted;
    if not found then
      select t.waits_until, t.failures into counted from identity.throttles t where t.key = lanes[i];
      allowed := false;
      lane := i;
      closed := i = 1 and not known and close_after > 0 and counted.failures >= close_after;
      wait := greatest(1, ceil(extract(epoch from counted.waits_until - at_now)))::int;
      -- Nothing will be guessed: who must wait in a broad lane uses up none of the narrow ones.
      perform identity.give_back(this_try, lanes[1 : i - 1], 0, null);
      return next;
      return;
    end if;
    if i = source_at then
      insert into identity.throttle_sightings as s (source, identifier, window_ends_at)
      values (lanes[i], lanes[1], at_now + make_interval(secs => window_seconds[i]))
      on conflict (source, identifier) do update set window_ends_at = excluded.window_ends_at
        where s.window_ends_at <= at_now
      returning true into fresh;
      if fresh then
        update identity.throttles t set accounts = t.accounts + 1,
          waits_until = case when t.accounts + 1 < accounts_free then t.waits_until
            else greatest(t.waits_until, at_now + make_interval(secs =>
              least(longest_seconds[i], first_seconds * power(2, least(t.accounts + 1 - accounts_free, 10))))) end
        where t.key = lanes[i];
      end if;
    end if;
  end loop;
  return next;
end $$`);
  }

  private async givingBack(runner: QueryRunner): Promise<void> {
    await runner.query(`
create function identity.give_back(this_try uuid, keys bytea[], source_at int, identifier_key bytea)
returns void language plpgsql as $$
declare gone boolean;
begin
  for i in 1 .. cardinality(keys) loop
    gone := false;
    if i = source_at then
      delete from identity.throttle_sightings s where s.source = keys[i] and s.identifier = identifier_key
        returning true into gone;
    end if;
    update identity.throttles t set tries = greatest(0, t.tries - 1), failures = greatest(0, t.failures - 1),
      accounts = greatest(0, t.accounts - case when gone then 1 else 0 end),
      -- A wait was set by the last try that was let pass; nobody else takes it back.
      waits_until = case when t.last_try = this_try then null else t.waits_until end
    where t.key = keys[i];
  end loop;
end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `drop function identity.reserve_try(uuid, text, uuid, bytea, bytea[], int[], int[], int[], int, int, int, int)`,
    );
    await runner.query(`drop function identity.give_back(uuid, bytea[], int, bytea)`);
    await runner.query(`alter table identity.users drop column lockout_tries, drop column lockout_minutes`);
    await runner.query(`drop table identity.throttle_sightings`);
    await runner.query(`alter table identity.throttles drop column failures, drop column accounts`);
  }
}
