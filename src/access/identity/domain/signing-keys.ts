import type { KeyObject } from 'node:crypto';
import type { Session } from './session';

export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
}

/** The keys of access tokens (ES256): one signs, retired ones verify until their last token has expired. */
export abstract class SigningKeys {
  /** The key that signs now; made at the first need. */
  abstract current(): Promise<SigningKey>;
  /** PEM of the public half of a live key, or null. */
  abstract verificationKey(kid: string): Promise<string | null>;
  /** Public halves (PEM) of the live keys, newest first. */
  abstract live(): Promise<{ kid: string; publicKey: string }[]>;
  /** A new key signs from now on; the former one verifies for another day. Within a unit of work. @returns its id */
  abstract rotate(): Promise<string>;
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
