import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import * as argon2 from '@node-rs/argon2';
import { randomInt } from 'node:crypto';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import * as bcrypt from '@node-rs/bcrypt';
import { Counter } from 'prom-client';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { Config } from '../../../kernel/config/config';
import { Keyring } from '../../../kernel/crypto/keyring';
import { newSecret } from '../../../kernel/ids/ids';
import { registerGauge, registry } from '../../../kernel/telemetry/metrics';
import { hashingBusy } from '../domain/identity.errors';
import { PasswordHasher, type StoredSecret } from '../domain/password-hasher';
import { normalizedPassword } from '../domain/password.policy';
import { BoundedLane } from './bounded-lane';

/** Verifications whose duration is remembered, and what one takes before any was seen (milliseconds). */
const REMEMBERED = 50;
const USUAL_MS = 40;
const PEPPER = 'password pepper';
const BCRYPT = /^\$2[abxy]?\$\d{2}\$[./A-Za-z0-9]{53}$/;
const ARGON2ID = /^\$argon2id\$v=19\$[\w=,+/$.-]{20,400}$/;
/** How many tries reach the hash: a throttle that lets more through than it should shows here. */
const hashes = new Counter({
  name: 'password_hashes_total',
  help: 'Password hashes computed, to make or to verify one.',
  registers: [registry],
});
/** Hashes that may wait, per one that runs: some three seconds of work. */
const WAITING_PER_RUNNING = 64;

/**
 * argon2id over the peppered password; the pepper is an HMAC under the master key, whose id is stored, so that a stolen
 * table alone is worth nothing. Runs on the thread pool, a bounded number at once: the rest waits in a bounded queue.
 */
@Injectable()
export class Argon2Hasher extends PasswordHasher implements OnApplicationBootstrap {
  private readonly lane: BoundedLane;
  /** OWASP Password Storage: two passes, one lane; with the 19 MiB of the default about 30 ms of CPU. */
  private readonly parameters: { memoryCost: number; timeCost: number; parallelism: number };
  /** What the last verified tries took, from their beginning and with their time in the queue (milliseconds). */
  private readonly lasted: number[] = [];
  private absent: Promise<StoredSecret> | undefined;

  constructor(
    private readonly keyring: Keyring,
    config: Config,
  ) {
    super();
    this.parameters = { memoryCost: config.hashMemoryKib, timeCost: 2, parallelism: 1 };
    this.lane = new BoundedLane(config.hashConcurrency, config.hashConcurrency * WAITING_PER_RUNNING, hashingBusy);
    registerGauge({
      name: 'password_hashes_waiting',
      help: 'Password hashes in the queue.',
      read: () => this.lane.queued,
    });
  }

  /** The hash that absent accounts are compared with is made before the first of them comes: it would take twice as long. */
  async onApplicationBootstrap(): Promise<void> {
    await this.nobody();
  }

  async hash(password: string): Promise<StoredSecret> {
    const pepperKey = this.keyring.currentId;
    const peppered = this.pepper(password, pepperKey)!;
    return { secret: await this.work(() => argon2.hash(peppered, this.parameters)), pepperKey };
  }

  async verify(
    password: string,
    stored: StoredSecret | null,
    since?: number,
  ): Promise<{ ok: boolean; stale: boolean }> {
    const { secret, pepperKey } = stored ?? (await this.nobody());
    const ok = await this.work(() => this.compare(password, secret, pepperKey));
    if (since !== undefined) this.lasted.push(monotonicMs() - since);
    if (this.lasted.length > REMEMBERED) this.lasted.shift();
    return { ok: ok && stored !== null, stale: ok && this.isStale(secret, pepperKey) };
  }

  async pretend(since: number): Promise<void> {
    const length = this.lasted.length;
    // One of the last real ones at random, so that not only the average is the same.
    const until = since + (length === 0 ? USUAL_MS : this.lasted[randomInt(length)]);
    // A timer is up to two milliseconds late, which over many tries would tell: the rest is waited for in turns of the loop.
    await pause(Math.max(0, Math.floor(until - monotonicMs()) - 2));
    while (monotonicMs() < until) await turn();
  }

  knows(secret: string): boolean {
    return BCRYPT.test(secret) || ARGON2ID.test(secret);
  }

  private work<T>(hashing: () => Promise<T>): Promise<T> {
    return this.lane.run(() => {
      hashes.inc();
      return hashing();
    });
  }

  private compare(password: string, secret: string, pepperKey: string | null): Promise<boolean> {
    // An imported hash was made by another system: of the password as typed, and bcrypt cuts it at 72 bytes.
    if (BCRYPT.test(secret)) return bcrypt.verify(password, secret);
    const peppered = pepperKey === null ? password : this.pepper(password, pepperKey);
    return peppered === null ? Promise.resolve(false) : argon2.verify(secret, peppered);
  }

  private isStale(secret: string, pepperKey: string | null): boolean {
    if (pepperKey !== this.keyring.currentId) return true;
    const { memoryCost, timeCost, parallelism } = argon2.parseOptions(secret);
    const now = this.parameters;
    return memoryCost !== now.memoryCost || timeCost !== now.timeCost || parallelism !== now.parallelism;
  }

  /** What argon2 sees (text: its verify takes no other bytes); null when the key of the pepper is no longer in the keyring. */
  private pepper(password: string, keyId: string): string | null {
    return this.keyring.hmacUnder(keyId, PEPPER, normalizedPassword(password))?.toString('base64') ?? null;
  }

  /** A hash of nothing that anybody knows, for accounts that do not exist. */
  private nobody(): Promise<StoredSecret> {
    return (this.absent ??= this.hash(newSecret()).catch((error: unknown) => {
      this.absent = undefined;
      throw error;
    }));
  }
}
