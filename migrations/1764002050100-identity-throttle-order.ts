import type { MigrationInterface, QueryRunner } from 'typeorm';

const giveBack = (first: string): string => `
create or replace function identity.give_back(this_try uuid, keys bytea[], source_at int, identifier_key bytea)
returns void language plpgsql as $$
declare gone boolean;
begin
  for i in 1 .. cardinality(keys) loop
    gone := false;
    if i = source_at then
      ${first}
      delete from identity.throttle_sightings s where s.source = keys[i] and s.identifier = identifier_key
        returning true into gone;
    end if;
    update identity.throttles t set tries = greatest(0, t.tries - 1), failures = greatest(0, t.failures - 1),
      accounts = greatest(0, t.accounts - case when gone then 1 else 0 end),
      -- A wait was set by the last try that was let pass; nobody else takes it back.
      waits_until = case when t.last_try = this_try then null else t.waits_until end
    where t.key = keys[i];
  end loop;
end $$`;

/** A try is given back in the order in which tries lock: the counter of the address before what was seen from it. */
export class IdentityThrottleOrder1764002050100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(giveBack('perform 1 from identity.throttles t where t.key = keys[i] for no key update;'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(giveBack(''));
  }
}
