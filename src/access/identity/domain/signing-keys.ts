import type { KeyObject } from 'node:crypto';
import type { Session } from './session';

export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
}

/** Published but not yet signing; signing; retired, and verifying what it signed; void at once. */
export type SigningKeyState = 'next' | 'signing' | 'verifying' | 'revoked';

/** A key without its private half. */
export interface PublishedKey {
  kid: string;
  /** PEM. */
  publicKey: string;
  state: SigningKeyState;
  createdAt: Date;
  /** Since when it signs, or signed. */
  signsFrom: Date | null;
  retiresAt: Date | null;
}

/**
 * The keys of access tokens (ES256). One signs and the one after it is published already, so that whoever keeps a copy
 * of the key set knows it before its first token; retired ones verify until their last token has expired.
 */
export abstract class SigningKeys {
  /** The key that signs now; made at the first need. */
  abstract current(): Promise<SigningKey>;
  /** PEM of the public half of a live key, or null. */
  abstract verificationKey(kid: string): Promise<string | null>;
  /** The live keys, newest first. */
  abstract live(): Promise<PublishedKey[]>;
  /**
   * Makes the keys that are missing, and lets the next one sign where the present one has signed long enough. Any number
   * of processes may ask at once. Within a unit of work. @returns the id of the key that signs from now on, or null
   */
  abstract keep(): Promise<string | null>;
  /**
   * The next key signs from now on; the former one verifies for another day, its private half is destroyed. Within a
   * unit of work. @returns its id
   */
  abstract rotate(): Promise<string>;
  /**
   * Voids a key and all tokens that it signed, on every process within seconds; the next one takes its place. Within a
   * unit of work. @returns the id of the key that signs now, or null where there is no such live key
   */
  abstract revoke(kid: string): Promise<string | null>;
}

/** Issues access tokens. */
export abstract class TokenIssuer {
  /** Loads the signing key, so that signing itself waits for nothing and may happen inside a transaction. */
  abstract signer(): Promise<AccessTokenSigner>;
}

export interface AccessTokenSigner {
  /** A signed token for the session as it is, and the seconds that it lives. */
  sign(session: Session): { accessToken: string; expiresIn: number };
}
