import { Command, Query } from '@nestjs/cqrs';

/** The next key signs access tokens from now on; tokens of the former one stay good until they expire. */
export class RotateSigningKeyCommand extends Command<{ kid: string }> {}

/**
 * Voids a key that others may hold, and all tokens that it signed, on every process within seconds. Sessions live on:
 * refresh tokens are signed by no key. Without `kid` the key that signs now.
 * @throws AppError not-found `identity.signing-key-not-found`
 */
export class RevokeSigningKeyCommand extends Command<{ revoked: string; kid: string }> {
  constructor(readonly keyId?: string) {
    super();
  }
}

export interface SigningKeyFacts {
  kid: string;
  state: 'next' | 'signing' | 'verifying' | 'revoked';
  createdAt: Date;
  signsFrom: Date | null;
  retiresAt: Date | null;
}

/** The live keys, newest first. */
export class SigningKeysQuery extends Query<SigningKeyFacts[]> {}
