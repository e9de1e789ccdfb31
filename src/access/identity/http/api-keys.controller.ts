import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, SessionOnly, StepUp } from '../../../kernel/auth/decorators';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import {
  ChangeApiKeyCommand,
  CreateApiKeyCommand,
  RevokeApiKeyCommand,
  RotateApiKeyCommand,
} from '../commands/manage-api-keys';
import { shownKey } from '../domain/api-key';
import { ApiKeyQuery, ListApiKeysQuery, type ListedKey } from '../queries/list-api-keys';
import {
  ApiKeySecretView,
  ApiKeyView,
  ChangeApiKeyBody,
  CreateApiKeyBody,
  ListApiKeysParams,
  RotateApiKeyBody,
} from './api-keys.dto';

/** Keys for programs. No key manages keys. */
@ApiTags('api-keys')
@Controller('api-keys')
@SessionOnly()
export class ApiKeysController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly config: Config,
  ) {}

  /** The key stands for you in this organization: it may do what its scopes name and you may, at each moment. */
  @Post()
  @Allow('api-keys:create')
  @StepUp({ maxAgeSeconds: 3600 })
  @Problems({
    'identity.scope-not-held': 403,
    'plan.limit-reached': 403,
    'identity.api-key-expiry': 400,
    'identity.too-many-api-keys': 409,
  })
  @ApiOperation({ operationId: 'createApiKey', summary: 'Make an API key; its secret is told once' })
  async create(@Body() body: CreateApiKeyBody): Promise<ApiKeySecretView> {
    const { key, secret } = await this.commands.execute(new CreateApiKeyCommand({ ...body }));
    return { ...this.view(key), secret };
  }

  /** Sorts: `createdAt`, `expiresAt`, `name`. */
  @Get()
  @Allow('api-keys:read')
  @ApiOperation({ operationId: 'listApiKeys', summary: 'API keys of the organization' })
  @ApiOkResponse({ type: pageOf(ApiKeyView) })
  async list(@Query() list: ListApiKeysParams): Promise<Page<ApiKeyView>> {
    const { data, page } = await this.queries.execute(new ListApiKeysQuery(list));
    return { data: data.map((key) => this.view(key)), page };
  }

  @Get(':id')
  @Allow('api-keys:read')
  @Problems('identity.api-key-not-found')
  @ApiOperation({ operationId: 'getApiKey', summary: 'An API key' })
  async one(@IdParam() id: string): Promise<ApiKeyView> {
    return this.view(await this.queries.execute(new ApiKeyQuery(id)));
  }

  /** Fewer rights hold at once. */
  @Patch(':id')
  @Allow('api-keys:update')
  @StepUp({ maxAgeSeconds: 3600 })
  @Problems('identity.api-key-not-found', 'identity.api-key-ended', {
    'identity.scope-not-held': 403,
    'identity.own-keys-only': 403,
    'identity.api-key-expiry': 400,
  })
  @ApiOperation({ operationId: 'changeApiKey', summary: 'Change what an API key may do' })
  async change(@IdParam() id: string, @Body() body: ChangeApiKeyBody): Promise<ApiKeyView> {
    return this.view(await this.commands.execute(new ChangeApiKeyCommand(id, { ...body })));
  }

  /** The secret before works for some hours more, so that clients can change over. */
  @Post(':id/rotate')
  @HttpCode(200)
  @Allow('api-keys:update')
  @StepUp({ maxAgeSeconds: 3600 })
  @Problems('identity.api-key-not-found', 'identity.api-key-ended', { 'identity.own-keys-only': 403 })
  @ApiOperation({ operationId: 'rotateApiKey', summary: 'Replace the secret of an API key' })
  async rotate(@IdParam() id: string, @Body() body?: RotateApiKeyBody): Promise<ApiKeySecretView> {
    const { key, secret } = await this.commands.execute(new RotateApiKeyCommand(id, body?.overlapHours));
    return { ...this.view(key), secret };
  }

  /** The key is refused everywhere within five seconds. Revoking twice is no error. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('api-keys:delete')
  @Problems('identity.api-key-not-found')
  @ApiOperation({ operationId: 'revokeApiKey', summary: 'Revoke an API key' })
  async revoke(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RevokeApiKeyCommand(id));
  }

  private view(key: ListedKey): ApiKeyView {
    const now = clock.now();
    return {
      id: key.id,
      ownerId: key.ownerId,
      name: key.name,
      shown: shownKey(this.config.isProduction ? 'live' : 'test', key.lastFour),
      scopes: key.scopes,
      allowedAddresses: key.allowedAddresses,
      ratePerMinute: key.ratePerMinute,
      quotaPerDay: key.quotaPerDay,
      status: key.revokedAt ? 'revoked' : key.expiresAt <= now ? 'expired' : 'active',
      expiresAt: key.expiresAt,
      lastUsedAt: key.lastUsedAt,
      lastUsedIp: key.lastUsedIp,
      createdAt: key.createdAt,
      secretAt: key.secretAt,
      oldSecretUntil: key.oldExpiresAt,
    };
  }
}
