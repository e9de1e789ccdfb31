import { Injectable } from '@nestjs/common';
import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { Cache } from '../../../kernel/cache/cache';
import { maybeContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Keyring } from '../../../kernel/crypto/keyring';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SigningKeys, type SigningKey } from '../domain/signing-keys';

/** How long a process may go on signing with a key that another one retired (milliseconds). */
const SIGNING_CACHE_MS = 60_000;
/** Hours that a retired key still verifies: longer than any token lives, and than any process keeps signing. */
const RETIRED_HOURS = 26;

interface Row {
  kid: string;
  public_key: string;
  private_key_enc: string;
}

/** Number of the advisory lock; any fixed one serves. */
const ROTATION_LOCK = 7_301_003;

const INSERT = `insert into identity.signing_keys (kid, algorithm, public_key, private_key_enc, state, created_at)
  values ($1, 'ES256', $2, $3, 'signing', kernel.now())`;
const LIVE = `(state = 'signing' or retires_at > kernel.now())`;

/** Keys in the database, private halves sealed by the master key. */
@Injectable()
export class DatabaseSigningKeys extends SigningKeys {
  private readonly signing = new Cache<SigningKey>({ name: 'identity.signing-key', max: 1, ttlMs: SIGNING_CACHE_MS });
  private readonly verifying = new Cache<string | null>({
    name: 'identity.verification-keys',
    max: 100,
    ttlMs: SIGNING_CACHE_MS,
  });

  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
    private readonly keyring: Keyring,
  ) {
    super();
  }

  current(): Promise<SigningKey> {
    return this.signing.getOrLoad('signing', async () => {
      let row = await this.find();
      if (!row) {
        // Of processes that start at once, one inserts; all read the same.
        await this.database.readPlatform(
          `${INSERT} on conflict (state) where state = 'signing' do nothing`,
          this.make(),
        );
        row = (await this.find())!;
      }
      const pem = this.keyring.open(placeOf(row.kid), row.private_key_enc).toString();
      return { kid: row.kid, privateKey: createPrivateKey(pem) };
    });
  }

  // Unknown ids are remembered too, so that made-up ones do not reach the database.
  verificationKey(kid: string): Promise<string | null> {
    return this.verifying.getOrLoad(kid, async () => {
      const rows = await this.database.readPlatform<{ public_key: string }>(
        `select public_key from identity.signing_keys where kid = $1 and ${LIVE}`,
        [kid],
      );
      return rows[0]?.public_key ?? null;
    });
  }

  async live(): Promise<{ kid: string; publicKey: string }[]> {
    await this.current();
    return this.database.readPlatform(
      `select kid, public_key as "publicKey" from identity.signing_keys where ${LIVE} order by created_at desc`,
    );
  }

  async rotate(): Promise<string> {
    const tx = this.uow.current();
    // One at a time: an update does not see the key that a rotation before it inserted meanwhile.
    await tx.query('select pg_advisory_xact_lock($1)', [ROTATION_LOCK]);
    await tx.execute(
      `update identity.signing_keys set state = 'verifying', retires_at = kernel.now() + make_interval(hours => $1) where state = 'signing'`,
      [RETIRED_HOURS],
    );
    const key = this.make();
    await tx.execute(INSERT, key);
    tx.afterCommit(() => this.signing.clear());
    return key[0];
  }

  private async find(): Promise<Row | undefined> {
    const sql = `select kid, public_key, private_key_enc from identity.signing_keys where state = 'signing'`;
    // Keys are of the platform and behind no wall: an open transaction reads them itself, needing no second connection.
    const open = maybeContext()?.transaction;
    return (open ? await open.query<Row>(sql) : await this.database.readPlatform<Row>(sql))[0];
  }

  /** Parameters of INSERT for a new pair. */
  private make(): [kid: string, publicKey: string, sealed: string] {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const kid = randomBytes(12).toString('base64url');
    const sealed = this.keyring.seal(placeOf(kid), pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
    return [kid, pair.publicKey.export({ type: 'spki', format: 'pem' }) as string, sealed];
  }
}

const placeOf = (kid: string): { tenantId: string; table: string; column: string; rowId: string } => ({
  tenantId: PLATFORM_TENANT,
  table: 'identity.signing_keys',
  column: 'private_key_enc',
  rowId: kid,
});
