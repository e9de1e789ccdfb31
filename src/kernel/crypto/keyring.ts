import { createHmac, hkdfSync } from 'node:crypto';
import { safeEqual, sha256 } from './hashing';
import { keyIdOf, openWith, SealError, sealWith, type SealPlace } from './sealed';

const SALT = 'mainstay.v1';

interface MasterKey {
  /** First 8 hexadecimal digits of a hash of a derived value: tells keys apart, tells nothing about them. */
  id: string;
  derived: Map<string, Buffer>;
  secret: string;
}

/**
 * The master keys (MAINSTAY_SECRET_KEY and its predecessors) and what is derived from them by HKDF-SHA-256: one key
 * per purpose, so that a signature of one kind never passes as one of another. New work uses the first key; older
 * ones only verify and open.
 */
export class Keyring {
  private readonly keys: MasterKey[];

  /** @param secrets master keys, the current one first */
  constructor(secrets: readonly string[]) {
    if (secrets.length === 0 || secrets.includes('')) throw new Error('A keyring needs a master key.');
    this.keys = secrets.map((secret) => {
      const key: MasterKey = { id: '', derived: new Map(), secret };
      key.id = sha256(this.derivedOf(key, 'key id', 32))
        .toString('hex')
        .slice(0, 8);
      return key;
    });
  }

  static of(config: { readonly secretKey: string; readonly previousSecretKeys: readonly string[] }): Keyring {
    return new Keyring([config.secretKey, ...config.previousSecretKeys]);
  }

  /** Id of the current master key. */
  get currentId(): string {
    return this.keys[0].id;
  }

  /** Ids of all master keys, the current one first. */
  get ids(): string[] {
    return this.keys.map(({ id }) => id);
  }

  /** A key of `bytes` bytes for one purpose, from the current master key; the same on every start. */
  derive(purpose: string, bytes = 32): Buffer {
    return this.derivedOf(this.keys[0], purpose, bytes);
  }

  /** HMAC-SHA-256 of `text` with the purpose's key. */
  hmac(purpose: string, text: string | Uint8Array): Buffer {
    return createHmac('sha256', this.derive(purpose)).update(text).digest();
  }

  /** The same under every master key, the current one first: for looking up what was stored under any of them. */
  hmacs(purpose: string, text: string | Uint8Array): Buffer[] {
    return this.keys.map((key) =>
      createHmac('sha256', this.derivedOf(key, purpose, 32))
        .update(text)
        .digest(),
    );
  }

  /** The same under the master key of this id; null when it is no longer in the ring. */
  hmacUnder(keyId: string, purpose: string, text: string | Uint8Array): Buffer | null {
    const key = this.keys.find((candidate) => candidate.id === keyId);
    return key
      ? createHmac('sha256', this.derivedOf(key, purpose, 32))
          .update(text)
          .digest()
      : null;
  }

  /** True when `mac` is the purpose's HMAC of `text` under the current or a former master key. */
  verifyHmac(purpose: string, text: string | Uint8Array, mac: Uint8Array): boolean {
    return this.keys.some((key) =>
      safeEqual(
        createHmac('sha256', this.derivedOf(key, purpose, 32))
          .update(text)
          .digest(),
        mac,
      ),
    );
  }

  /** Seals with the current master key: for data keys and for the few secrets that belong to no tenant. */
  seal(place: SealPlace, plaintext: string | Uint8Array): string {
    return sealWith(this.derive('key encryption'), this.currentId, place, plaintext);
  }

  /** Opens what any of the master keys sealed. @throws SealError also when the key is no longer in the ring. */
  open(place: SealPlace, sealed: string): Buffer {
    const id = keyIdOf(sealed);
    const key = this.keys.find((candidate) => candidate.id === id);
    if (!key) throw new SealError('Sealed under a master key that is not configured.');
    return openWith(this.derivedOf(key, 'key encryption', 32), place, sealed);
  }

  /** True when `sealed` should be sealed anew: it stands under a former master key. */
  isStale(sealed: string): boolean {
    return keyIdOf(sealed) !== this.currentId;
  }

  private derivedOf(key: MasterKey, purpose: string, bytes: number): Buffer {
    const name = `${bytes}:${purpose}`;
    let derived = key.derived.get(name);
    if (!derived) {
      derived = Buffer.from(hkdfSync('sha256', key.secret, SALT, purpose, bytes));
      key.derived.set(name, derived);
    }
    return derived;
  }
}
