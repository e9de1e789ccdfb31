import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { SigningKeysQuery, type SigningKeyFacts } from '../contracts/signing-keys';
import { SigningKeys } from '../domain/signing-keys';

/** The public keys of access tokens, as a JWK set (RFC 7517). */
export class KeySetQuery extends Query<{ keys: JsonWebKey[] }> {}

@QueryHandler(KeySetQuery)
export class KeySetHandler implements IQueryHandler<KeySetQuery> {
  constructor(private readonly signingKeys: SigningKeys) {}

  async execute(): Promise<{ keys: JsonWebKey[] }> {
    const keys = (await this.signingKeys.live()).map(({ kid, publicKey }) => {
      const jwk = createPublicKey(publicKey).export({ format: 'jwk' });
      return { ...jwk, kid, alg: 'ES256', use: 'sig' };
    });
    return { keys };
  }
}

@QueryHandler(SigningKeysQuery)
export class SigningKeysHandler implements IQueryHandler<SigningKeysQuery> {
  constructor(private readonly signingKeys: SigningKeys) {}

  async execute(): Promise<SigningKeyFacts[]> {
    const keys = await this.signingKeys.live();
    return keys.map(({ publicKey: _publicKey, ...facts }) => facts);
  }
}
