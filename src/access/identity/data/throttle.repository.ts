import { Injectable } from '@nestjs/common';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Keyring } from '../../../kernel/crypto/keyring';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import {
  FIRST_WAIT_SECONDS,
  LONGEST_WAIT_SECONDS,
  WINDOW_HOURS,
  type ThrottleLane,
} from '../domain/login-throttle.policy';

/** One thing that tries are counted by; `value` is what was submitted and never stored. */
export interface ThrottleKey {
  lane: ThrottleLane;
  value: string;
}

export interface Reservation {
  allowed: boolean;
  /** Seconds until the next try may be made, when this one may not. */
  retryAfterSeconds: number;
  keys: Buffer[];
}

/**
 * Counts a try and decides on it in one atomic statement, before anything is verified: of any number of parallel
 * guesses no more than the free ones pass. A try that must wait changes nothing, so waits end by themselves.
 */
const reserve = (key: number, free: number, source: string): string => `
  insert into identity.throttles as t (key, tries, waits_until, window_ends_at, last_try)
  select $${key}::bytea, 1, case when $${free}::int <= 1 then kernel.now() + make_interval(secs => ${FIRST_WAIT_SECONDS}) end,
    kernel.now() + make_interval(hours => ${WINDOW_HOURS}), $1::uuid ${source}
  on conflict (key) do update set
    tries = case when t.window_ends_at <= kernel.now() then 1 when t.waits_until > kernel.now() then t.tries else t.tries + 1 end,
    waits_until = case
      when t.window_ends_at <= kernel.now() then excluded.waits_until
      when t.waits_until > kernel.now() then t.waits_until
      when t.tries + 1 >= $${free}::int then kernel.now() + make_interval(secs =>
        least(${LONGEST_WAIT_SECONDS}, ${FIRST_WAIT_SECONDS} * power(2, least(t.tries + 1 - $${free}::int, 10)))) end,
    window_ends_at = case when t.window_ends_at <= kernel.now() then excluded.window_ends_at else t.window_ends_at end,
    last_try = case when t.window_ends_at > kernel.now() and t.waits_until > kernel.now() then t.last_try else excluded.last_try end
  returning last_try = $1::uuid as allowed, greatest(0, ceil(extract(epoch from waits_until - kernel.now())))::int as wait`;

const RESERVE_ONE = reserve(2, 3, '');
// The second key is counted only when the first one lets the try pass: who must wait locks nobody else out.
const RESERVE_TWO = `with first as (${reserve(2, 3, '')}),
  second as (${reserve(4, 5, 'from first where first.allowed')})
  select first.allowed and second.allowed as allowed, case when first.allowed then second.wait else first.wait end as wait
  from first left join second on true`;

const GIVE_BACK = `update identity.throttles set tries = greatest(0, tries - 1), waits_until = null where key = any($1::bytea[])`;

/** Counters of tries, by keyed hash. */
@Injectable()
export class ThrottleRepository {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
  ) {}

  /** Counts one try under one or two keys, the broader one first (that order is also the lock order). */
  async reserve(keys: [ThrottleKey] | [ThrottleKey, ThrottleKey]): Promise<Reservation> {
    const hashed = keys.map(({ lane, value }) => this.keyring.hmac('throttle', `${lane.name}\n${value}`));
    const params = [newId(), ...keys.flatMap(({ lane }, i) => [hashed[i], lane.free])];
    // By itself and committed at once, whatever becomes of the request.
    const rows = await this.database.readAs<{ allowed: boolean | null; wait: number | null }>(
      PLATFORM_TENANT,
      keys.length === 1 ? RESERVE_ONE : RESERVE_TWO,
      params,
    );
    const allowed = rows[0].allowed === true;
    return { allowed, retryAfterSeconds: allowed ? 0 : Math.max(1, rows[0].wait ?? 1), keys: hashed };
  }

  /** Takes a counted try back: nothing was guessed (the server was busy, the address unverified). */
  async giveBack({ keys }: Reservation): Promise<void> {
    await this.database.readAs(PLATFORM_TENANT, GIVE_BACK, [keys]);
  }

  /** After a right guess: the identifier's failures are forgotten; the address only gets its try back. */
  async succeed(tx: Transaction, { keys }: Reservation): Promise<void> {
    if (keys.length > 1) await tx.execute(GIVE_BACK, [keys.slice(0, -1)]);
    await tx.execute('delete from identity.throttles where key = $1', [keys[keys.length - 1]]);
  }
}
