import { Injectable } from '@nestjs/common';
import type { BatchResult, BatchStatement } from '../../../kernel/database/batch-query';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Keyring } from '../../../kernel/crypto/keyring';
import { counterStatement, Database } from '../../../kernel/database/database';
import { named } from '../../../kernel/database/statements';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import {
  ACCOUNTS_PER_ADDRESS,
  ADDRESS_LANE,
  addressBucket,
  CLOSED_AFTER,
  COUNTRY_LANE,
  DEVICE_LANE,
  FIRST_WAIT_SECONDS,
  IDENTIFIER_LANE,
  KNOWN_DEVICE_LANE,
  PLATFORM_LANE,
  type ThrottleLane,
} from '../domain/login-throttle.policy';

/** One thing that tries are counted by; `value` is what was submitted and never stored. */
export interface ThrottleKey {
  lane: ThrottleLane;
  value: string;
}

/** Who tries to be whom. Every door of an account (password, factor, recovery) reserves with the account's address. */
export interface SignInTry {
  /** Normalized address of the account, whether or not there is one; or what was submitted in its place. */
  identifier: string;
  ip: string | undefined;
  /** The device that the request proved to be. */
  deviceId?: string | null;
  /** ISO 3166-1 alpha-2 of the client's address. */
  country?: string | null;
}

/** A counted try. Settle it with `succeed` or `giveBack`; a failure needs nothing more. */
export interface Reservation {
  id: string;
  allowed: boolean;
  /** Seconds until the next try may be made, when this one may not. */
  retryAfterSeconds: number;
  /** The lane that refused: of the account (say nothing of it), or of where the try comes from. */
  refusedBy: 'account' | 'source' | null;
  /** By a device that the account knows. */
  known: boolean;
  /** Strangers need a new password by mail. */
  closed: boolean;
  keys: Buffer[];
  /** Which of the keys is the client's address, counted from 1; 0 for none. */
  sourceAt: number;
}

interface Decision {
  allowed: boolean;
  wait: number;
  lane: number;
  known: boolean;
  closed: boolean;
}

const RESERVE = `select allowed, wait, lane, known, closed from identity.reserve_try($1, $2, $3, $4, $5::bytea[], $6::int[], $7::int[], $8::int[],
  ${FIRST_WAIT_SECONDS}, $9, $10, ${ACCOUNTS_PER_ADDRESS})`;
const GIVE_BACK = 'select identity.give_back($1, $2::bytea[], $3, $4)';

const giveBackOf = (id: string, keys: Buffer[], sourceAt: number, own: Buffer): BatchStatement[] => [
  counterStatement(PLATFORM_TENANT),
  named(GIVE_BACK, [id, keys, sourceAt, own], false),
];

/**
 * Counters of tries, by keyed hash. A try is counted and judged in one atomic statement, before anything is verified:
 * of any number of parallel guesses no more than the free ones pass. A try that must wait changes nothing, so waits
 * end by themselves. Lanes are counted from the narrowest to the broadest, by everybody in that order.
 */
@Injectable()
export class ThrottleRepository {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
  ) {}

  /** Counts one try under each of these keys, the narrowest first. */
  async reserve(keys: ThrottleKey[]): Promise<Reservation> {
    const { reservation } = await this.count(keys, { closeAfter: 0, sourceAt: 0 });
    return reservation;
  }

  /**
   * Counts a try to sign in. A device that the account knows counts in a lane of its own and alone; a stranger counts
   * for the account, the device, the address, the country and the whole platform.
   * @param alongside statements that are answered in the same trip
   */
  async reserveSignIn(
    { identifier, ip, deviceId, country }: SignInTry,
    alongside: BatchStatement[] = [],
  ): Promise<{ reservation: Reservation; results: BatchResult[] }> {
    const keys: ThrottleKey[] = [{ lane: IDENTIFIER_LANE, value: identifier }];
    if (deviceId) keys.push({ lane: DEVICE_LANE, value: deviceId });
    const sourceAt = keys.push({ lane: ADDRESS_LANE, value: addressBucket(ip ?? '') });
    if (country) keys.push({ lane: COUNTRY_LANE, value: country });
    keys.push({ lane: PLATFORM_LANE, value: '' });
    return this.count(keys, { closeAfter: CLOSED_AFTER, sourceAt, identifier, deviceId }, alongside);
  }

  /** Takes a counted try back: nothing was guessed (the server was busy, another factor is still to come). */
  async giveBack({ id, keys, sourceAt }: Reservation): Promise<void> {
    await this.database.send(giveBackOf(id, keys, sourceAt, keys[0]));
  }

  /**
   * After a right guess: the failures of the lane that counts for the account are forgotten in this commit; the
   * broader lanes, whose rows others want, get their try back after it.
   */
  succeed(tx: Transaction, { id, keys: [own, ...broader], sourceAt }: Reservation): void {
    tx.later('delete from identity.throttles where key = $1', [own]);
    if (broader.length > 0) tx.behindCommit(...giveBackOf(id, broader, sourceAt - 1, own));
  }

  /** Forgets all failures at an account, its closing included: its owner has proven the address anew. */
  async reopen(tx: Transaction, identifier: string): Promise<void> {
    await tx.execute('delete from identity.throttles where key = $1', [this.keyOf(IDENTIFIER_LANE, identifier)]);
  }

  /**
   * Ends the waits of an account, of strangers and of these devices. Failures in a row stay counted: who may unlock
   * must not thereby be able to let a guesser go on for ever.
   * @returns whether only recovery or a known device still admits
   */
  async endWaits(tx: Transaction, identifier: string, deviceIds: string[]): Promise<{ closed: boolean }> {
    const own = this.keyOf(IDENTIFIER_LANE, identifier);
    const keys = [own, ...deviceIds.map((id) => this.keyOf(KNOWN_DEVICE_LANE, `${identifier}\n${id}`))];
    const rows = await tx.query<{ key: Buffer; failures: number }>(
      `update identity.throttles set waits_until = null, tries = 0 where key = any($1::bytea[]) returning key, failures`,
      [keys],
    );
    return { closed: rows.some(({ key, failures }) => key.equals(own) && failures >= CLOSED_AFTER) };
  }

  /** Those of the addresses at which strangers must wait now. */
  async waiting(identifiers: string[]): Promise<Set<string>> {
    const keys = identifiers.map((identifier) => this.keyOf(IDENTIFIER_LANE, identifier));
    const rows = await this.database.readPlatform<{ key: Buffer }>(
      `select key from identity.throttles where key = any($1::bytea[]) and (waits_until > kernel.now() or failures >= $2)`,
      [keys, CLOSED_AFTER],
    );
    const found = new Set(rows.map(({ key }) => key.toString('hex')));
    return new Set(identifiers.filter((_identifier, i) => found.has(keys[i].toString('hex'))));
  }

  private keyOf({ name }: ThrottleLane, value: string): Buffer {
    return this.keyring.hmac('throttle', `${name}\n${value}`);
  }

  private async count(
    keys: ThrottleKey[],
    door: { closeAfter: number; sourceAt: number; identifier?: string; deviceId?: string | null },
    alongside: BatchStatement[] = [],
  ): Promise<{ reservation: Reservation; results: BatchResult[] }> {
    const { closeAfter, sourceAt, identifier = null, deviceId = null } = door;
    const id = newId();
    const hashed = keys.map(({ lane, value }) => this.keyOf(lane, value));
    const knownKey =
      identifier !== null && deviceId !== null ? this.keyOf(KNOWN_DEVICE_LANE, `${identifier}\n${deviceId}`) : null;
    const lanes = keys.map(({ lane }) => lane);
    const params = [
      id,
      identifier,
      deviceId,
      knownKey,
      hashed,
      lanes.map(({ free }) => free),
      lanes.map(({ windowSeconds }) => windowSeconds),
      lanes.map(({ longestSeconds }) => longestSeconds),
      closeAfter,
      sourceAt,
    ];
    // By itself and committed at once, whatever becomes of the request.
    const [, reserved, ...results] = await this.database.send([
      counterStatement(PLATFORM_TENANT),
      named(RESERVE, params),
      ...alongside,
    ]);
    const { allowed, wait, lane, known, closed } = reserved.rows[0] as unknown as Decision;
    const reservation: Reservation = {
      id,
      allowed,
      retryAfterSeconds: wait,
      refusedBy: allowed ? null : lane === 1 && identifier !== null ? 'account' : 'source',
      known,
      closed,
      keys: known ? [knownKey!] : hashed,
      sourceAt: known ? 0 : sourceAt,
    };
    return { reservation, results };
  }
}
