import { Get, Header } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { JsonWebKey } from 'node:crypto';
import { Public } from '../../../kernel/auth/decorators';
import { RateLimit, RootController } from '../../../kernel/http/decorators';
import { KeySetQuery } from '../queries/key-set';

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
  keySet(): Promise<{ keys: JsonWebKey[] }> {
    return this.queries.execute(new KeySetQuery());
  }
}
