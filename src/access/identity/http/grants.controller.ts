import { Body, Controller, Delete, Get, HttpCode, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, StepUp } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { GrantCommand, RevokeGrantCommand } from '../commands/grant';
import { FindGrantQuery, ListGrantsQuery } from '../queries/grants';
import { grantTerms } from './grant-terms';
import { CreateGrantBody, GrantView, ListGrantsParams } from './grants.dto';

@ApiTags('grants')
@Controller('grants')
export class GrantsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Ended ones too. Sorts: `createdAt` (default, newest first). */
  @Get()
  @Allow('grants:read')
  @ApiOperation({ operationId: 'listGrants', summary: 'Who was granted what' })
  @ApiOkResponse({ type: pageOf(GrantView) })
  list(@Query() list: ListGrantsParams): Promise<Page<GrantView>> {
    return this.queries.execute(new ListGrantsQuery(list));
  }

  @Get(':id')
  @Allow('grants:read')
  @Problems('identity.grant-not-found')
  @ApiOperation({ operationId: 'getGrant', summary: 'Read a grant' })
  get(@IdParam() id: string): Promise<GrantView> {
    return this.queries.execute(new FindGrantQuery(id));
  }

  /**
   * Holds at once, for open sessions too. You must hold it yourself, without condition or time limit. A grant cannot be
   * changed: revoke it and make another.
   */
  @Post()
  @Allow('grants:write')
  @Problems('identity.subject-not-found', 'identity.too-many', {
    'identity.unknown-name': 400,
    'identity.grant-invalid': 400,
    'identity.owner-by-membership': 400,
    'identity.not-yours-to-give': 403,
  })
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'createGrant', summary: 'Grant or deny a role or permission' })
  async create(@Body() body: CreateGrantBody): Promise<GrantView> {
    const { id } = await this.commands.execute(new GrantCommand(grantTerms(body)));
    return this.queries.execute(new FindGrantQuery(id));
  }

  /** Its record stays. A denial is lifted by who could grant what it denies. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('grants:write')
  @Problems('identity.grant-not-found', { 'identity.not-yours-to-give': 403 })
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'revokeGrant', summary: 'Revoke a grant' })
  async revoke(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RevokeGrantCommand(id));
  }
}
