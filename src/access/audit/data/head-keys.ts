import { Injectable } from '@nestjs/common';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { Cache } from '../../../kernel/cache/cache';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Keyring } from '../../../kernel/crypto/keyring';
import type { SealPlace } from '../../../kernel/crypto/sealed';
import { Database } from '../../../kernel/database/database';
import { canonical } from '../domain/canonical';

/** How long a process signs with a key before it looks whether its master key is still the current one (milliseconds). */
const LOOK_MS = 300_000;

interface Row {
  kid: string;
  public_key: string;
  private_key_enc: string;
  vouched: string | null;
  vouch: Buffer | null;
}

const place = (kid: string): SealPlace => ({
  tenantId: PLATFORM_TENANT,
  table: 'audit.seal_keys',
  column: 'private_key_enc',
  rowId: kid,
});

/**
 * The Ed25519 keys of signed heads. A public key counts when its private half opens under a master key of the ring, or
 * when a key that counts vouches for it: whoever can write the table but has no master key cannot bring in a key of his
 * own. After a change of the master key the next signature makes a new key, which vouches for those before it.
 */
@Injectable()
export class HeadKeys {
  private readonly signing = new Cache<{ kid: string; key: KeyObject }>({
    name: 'audit.head-key',
    max: 1,
    ttlMs: LOOK_MS,
  });
  private readonly trusted = new Cache<KeyObject>({ name: 'audit.head-keys', max: 100, ttlMs: LOOK_MS });

  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
  ) {}

  /** Signs claims; the text is what was signed. */
  async sign(claims: object): Promise<{ claims: string; signature: Buffer; kid: string }> {
    const text = canonical(claims);
    const { kid, key } = await this.signing.getOrLoad('signing', () => this.current());
    return { claims: text, signature: sign(null, Buffer.from(text), key), kid };
  }

  /** True when `signature` is that of a key that counts. */
  async verify(text: string, signature: Buffer, kid: string): Promise<boolean> {
    let key = this.trusted.get(kid);
    if (!key) {
      for (const [id, found] of this.trustedOf(await this.rows())) this.trusted.set(id, found);
      key = this.trusted.get(kid);
    }
    return key !== undefined && verify(null, Buffer.from(text), key, signature);
  }

  private rows(): Promise<Row[]> {
    return this.database.readPlatform<Row>(
      'select kid, public_key, private_key_enc, vouched, vouch from audit.seal_keys order by created_at desc',
    );
  }

  private async current(): Promise<{ kid: string; key: KeyObject }> {
    const rows = await this.rows();
    const fresh = rows.find((row) => !this.keyring.isStale(row.private_key_enc));
    const opened = fresh && this.opened(fresh);
    if (opened) return { kid: fresh.kid, key: opened };
    const pair = generateKeyPairSync('ed25519');
    const kid = randomBytes(12).toString('base64url');
    const known = Object.fromEntries([...this.trustedOf(rows)].map(([id, key]) => [id, pemOf(key)]));
    const vouched = canonical(known);
    await this.database.readPlatform(
      `insert into audit.seal_keys (kid, public_key, private_key_enc, vouched, vouch, created_at) values ($1, $2, $3, $4, $5, kernel.now())`,
      [
        kid,
        pemOf(pair.publicKey),
        this.keyring.seal(place(kid), pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string),
        vouched,
        sign(null, Buffer.from(vouched), pair.privateKey),
      ],
    );
    return { kid, key: pair.privateKey };
  }

  private trustedOf(rows: readonly Row[]): Map<string, KeyObject> {
    const trusted = new Map<string, KeyObject>();
    for (const row of rows) {
      const opened = this.opened(row);
      if (opened) trusted.set(row.kid, createPublicKey(opened));
    }
    // Newest first: who is trusted vouches for those before it.
    for (const { kid, vouched, vouch } of rows) {
      const key = trusted.get(kid);
      if (!key || !vouched || !vouch || !verify(null, Buffer.from(vouched), key, vouch)) continue;
      for (const [id, pem] of Object.entries(JSON.parse(vouched) as Record<string, string>))
        if (!trusted.has(id)) trusted.set(id, createPublicKey(pem));
    }
    return trusted;
  }

  /** The private key, or null when no master key of the ring sealed it. */
  private opened(row: Row): KeyObject | null {
    try {
      return createPrivateKey(this.keyring.open(place(row.kid), row.private_key_enc).toString());
    } catch {
      return null;
    }
  }
}

const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }) as string;
