import { Injectable } from '@nestjs/common';
import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { AuthVersions, REVOKED_KEYS } from '../../../kernel/auth/versions';
import { Cache } from '../../../kernel/cache/cache';
import { Config } from '../../../kernel/config/config';
import { maybeContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Keyring } from '../../../kernel/crypto/keyring';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SigningKeys, type PublishedKey, type SigningKey } from '../domain/signing-keys';

/** How long a process remembers a key at most; it forgets sooner when keys change (milliseconds). */
const CACHE_MS = 60_000;
/** Hours that a retired key still verifies: longer than the longest token that the settings allow. */
const RETIRED_HOURS = 26;
/** Hours that a key is published before it signs by the calendar; the key set may be cached for minutes. */
const PUBLISHED_HOURS = 1;
/** Version of which a change voids what processes remember of the keys. */
const KEYS = '00000000-0000-0000-0000-00000000005e';

interface Row {
  kid: string;
  public_key: string;
  private_key_enc: string;
}

/** Number of the advisory lock; any fixed one serves. */
const ROTATION_LOCK = 7_301_003;

const INSERT = `insert into identity.signing_keys (kid, algorithm, public_key, private_key_enc, state, created_at, signs_from)
  values ($1, 'ES256', $2, $3, $4, kernel.now(), case when $4 = 'signing' then kernel.now() end)`;
const LIVE = `(state in ('signing', 'next') or state = 'verifying' and retires_at > kernel.now())`;

/** Keys in the database, private halves sealed by the master key. */
@Injectable()
export class DatabaseSigningKeys extends SigningKeys {
  private readonly signing = new Cache<SigningKey>({ name: 'identity.signing-key', max: 2, ttlMs: CACHE_MS });
  private readonly verifying = new Cache<string | null>({
    name: 'identity.verification-keys',
    max: 100,
    ttlMs: CACHE_MS,
  });

  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
    private readonly keyring: Keyring,
    private readonly versions: AuthVersions,
    private readonly config: Config,
  ) {
    super();
  }

  async current(): Promise<SigningKey> {
    return this.signing.getOrLoad(`signing ${await this.version()}`, async () => {
      let row = await this.find();
      if (!row) {
        // Of processes that start at once, one inserts; all read the same.
        await this.database.readPlatform(
          `${INSERT} on conflict (state) where state = 'signing' do nothing`,
          this.make('signing'),
        );
        row = (await this.find())!;
      }
      const pem = this.keyring.open(placeOf(row.kid), row.private_key_enc).toString();
      return { kid: row.kid, privateKey: createPrivateKey(pem) };
    });
  }

  // Unknown ids are remembered too, so that made-up ones do not reach the database.
  async verificationKey(kid: string): Promise<string | null> {
    return this.verifying.getOrLoad(`${await this.version()} ${kid}`, async () => {
      const rows = await this.database.readPlatform<{ public_key: string }>(
        `select public_key from identity.signing_keys where kid = $1 and ${LIVE}`,
        [kid],
      );
      return rows[0]?.public_key ?? null;
    });
  }

  async live(): Promise<PublishedKey[]> {
    await this.current();
    return this.database.readPlatform(
      `select kid, public_key as "publicKey", state, created_at as "createdAt", signs_from as "signsFrom", retires_at as "retiresAt"
       from identity.signing_keys where ${LIVE} order by created_at desc, kid`,
    );
  }

  async keep(): Promise<string | null> {
    const tx = await this.lock();
    const [state] = await tx.query<{ signing: boolean; next: boolean; due: boolean }>(
      `select exists (select from identity.signing_keys where state = 'signing') as signing,
         exists (select from identity.signing_keys where state = 'next') as next,
         exists (select from identity.signing_keys s, identity.signing_keys n where s.state = 'signing' and n.state = 'next'
           and s.signs_from <= kernel.now() - make_interval(days => $1)
           and n.created_at <= kernel.now() - make_interval(hours => $2)) as due`,
      [this.config.signingKeyDays, PUBLISHED_HOURS],
    );
    if (state.due) return this.rotate();
    if (!state.signing) await tx.execute(INSERT, this.make('signing'));
    if (!state.next) await tx.execute(INSERT, this.make('next'));
    return null;
  }

  async rotate(): Promise<string> {
    const tx = await this.lock();
    await tx.execute(
      `update identity.signing_keys set state = 'verifying', private_key_enc = '',
         retires_at = kernel.now() + make_interval(hours => $1) where state = 'signing'`,
      [RETIRED_HOURS],
    );
    return this.promote(tx);
  }

  async revoke(kid: string): Promise<string | null> {
    const tx = await this.lock();
    const revoked = await tx.execute(
      `update identity.signing_keys set state = 'revoked', private_key_enc = '', retires_at = kernel.now()
       where kid = $1 and ${LIVE}`,
      [kid],
    );
    if (revoked === 0) return null;
    await this.versions.bump(tx, REVOKED_KEYS);
    return this.promote(tx);
  }

  /** One at a time: an update does not see the key that a rotation before it inserted meanwhile. */
  private async lock(): Promise<Transaction> {
    const tx = this.uow.current();
    await tx.query('select pg_advisory_xact_lock($1)', [ROTATION_LOCK]);
    return tx;
  }

  /** Where none signs, the next key does from now on, and another one is published. @returns the id of the one that signs */
  private async promote(tx: Transaction): Promise<string> {
    await tx.execute(
      `update identity.signing_keys set state = 'signing', signs_from = kernel.now() where state = 'next'
         and not exists (select from identity.signing_keys where state = 'signing')`,
    );
    for (const state of ['signing', 'next'] as const)
      await tx.execute(`${INSERT} on conflict (state) where state = '${state}' do nothing`, this.make(state));
    await this.versions.bump(tx, KEYS);
    const [{ kid }] = await tx.query<{ kid: string }>(`select kid from identity.signing_keys where state = 'signing'`);
    return kid;
  }

  private async version(): Promise<number> {
    const known = this.versions.known(KEYS);
    if (known !== undefined) return known;
    // An open transaction reads it itself, needing no second connection.
    const open = maybeContext()?.transaction;
    return open ? this.versions.read(open, KEYS) : (await this.versions.current([KEYS])).get(KEYS)!;
  }

  private async find(): Promise<Row | undefined> {
    const sql = `select kid, public_key, private_key_enc from identity.signing_keys where state = 'signing'`;
    // Keys are of the platform and behind no wall: an open transaction reads them itself, needing no second connection.
    const open = maybeContext()?.transaction;
    return (open ? await open.query<Row>(sql) : await this.database.readPlatform<Row>(sql))[0];
  }

  /** Parameters of INSERT for a new pair. */
  private make(state: 'signing' | 'next'): [kid: string, publicKey: string, sealed: string, state: string] {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const kid = randomBytes(12).toString('base64url');
    const sealed = this.keyring.seal(placeOf(kid), pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
    return [kid, pair.publicKey.export({ type: 'spki', format: 'pem' }) as string, sealed, state];
  }
}

const placeOf = (kid: string): { tenantId: string; table: string; column: string; rowId: string } => ({
  tenantId: PLATFORM_TENANT,
  table: 'identity.signing_keys',
  column: 'private_key_enc',
  rowId: kid,
});
