import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { JsonWebKey } from 'node:crypto';
import { SigningKeys } from '../domain/signing-keys';

/** The public keys of access tokens, as a JWK set (RFC 7517). */
export class KeySetQuery extends Query<{ keys: JsonWebKey[] }> {}

@QueryHandler(KeySetQuery)
export class KeySetHandler implements IQueryHandler<KeySetQuery> {
  constructor(private readonly keys: SigningKeys) {}

  execute(): Promise<{ keys: JsonWebKey[] }> {
    return this.keys.keySet();
  }
}
