import { Get, Header } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { JsonWebKey } from 'node:crypto';
import { Public } from '../../../kernel/auth/decorators';
import { RateLimit, RootController } from '../../../kernel/http/decorators';
import { KeySetQuery } from '../queries/key-set';

/** A JSON Web Key Set with one of our keys. */
const KEY_SET_SCHEMA = {
  type: 'object',
  required: ['keys'],
  properties: { keys: { type: 'array', items: { type: 'object', additionalProperties: true } } },
  example: {
    keys: [
      {
        kty: 'EC',
        crv: 'P-256',
        kid: 'LqI4vJ0a9Yk',
        use: 'sig',
        alg: 'ES256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      },
    ],
  },
};

/** Keys with which others may verify access tokens. */
@ApiTags('auth')
@RootController('.well-known')
export class KeySetController {
  constructor(private readonly queries: QueryBus) {}

  /** Public keys with which others may verify access tokens (RFC 7517). */
  @Get('jwks.json')
  @Public()
  @RateLimit('default')
  @Header('Cache-Control', 'public, max-age=300')
  @ApiOperation({ operationId: 'getKeySet', summary: 'Public keys of access tokens' })
  @ApiOkResponse({ schema: KEY_SET_SCHEMA })
  keySet(): Promise<{ keys: JsonWebKey[] }> {
    return this.queries.execute(new KeySetQuery());
  }
}
