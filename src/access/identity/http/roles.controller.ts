import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, StepUp } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { ChangeRoleCommand, CreateRoleCommand, DeleteRoleCommand } from '../commands/write-role';
import { FindRoleQuery, ListRolesQuery } from '../queries/roles';
import { ChangeRoleBody, CreateRoleBody, ListRolesParams, RoleDetailsView, RoleView } from './roles.dto';

@ApiTags('roles')
@Controller('roles')
export class RolesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Sorts: `name` (default), `key`. */
  @Get()
  @Allow('roles:read')
  @ApiOperation({ operationId: 'listRoles', summary: 'Roles of the product and of the organization' })
  @ApiOkResponse({ type: pageOf(RoleView) })
  list(@Query() list: ListRolesParams): Promise<Page<RoleView>> {
    return this.queries.execute(new ListRolesQuery(list));
  }

  @Get(':id')
  @Allow('roles:read')
  @Problems('identity.role-not-found')
  @ApiOperation({ operationId: 'getRole', summary: 'A role with everything that it allows' })
  get(@IdParam() id: string): Promise<RoleDetailsView> {
    return this.queries.execute(new FindRoleQuery(id));
  }

  /** You must hold everything that it allows yourself, without condition or time limit. */
  @Post()
  @Allow('roles:write')
  @Problems('identity.role-exists', 'identity.too-many', {
    'identity.unknown-name': 400,
    'identity.owner-by-membership': 400,
    'identity.not-yours-to-give': 403,
    'identity.role-too-deep': 409,
  })
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'createRole', summary: 'Make a role' })
  async create(@Body() body: CreateRoleBody): Promise<RoleDetailsView> {
    const { id } = await this.commands.execute(new CreateRoleCommand({ ...body, inherits: body.inherits ?? [] }));
    return this.queries.execute(new FindRoleQuery(id));
  }

  /** Holds at once for everybody who has the role. What you give or take you must hold yourself. */
  @Patch(':id')
  @Allow('roles:write')
  @Problems('identity.role-not-found', 'identity.role-is-system', 'identity.role-cycle', 'identity.role-too-deep', {
    'identity.unknown-name': 400,
    'identity.owner-by-membership': 400,
    'identity.not-yours-to-give': 403,
  })
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'changeRole', summary: 'Change a role' })
  async change(@IdParam() id: string, @Body() body: ChangeRoleBody): Promise<RoleDetailsView> {
    await this.commands.execute(new ChangeRoleCommand(id, body));
    return this.queries.execute(new FindRoleQuery(id));
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('roles:write')
  @Problems('identity.role-not-found', 'identity.role-is-system', 'identity.role-in-use')
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'deleteRole', summary: 'Delete a role that is not in use' })
  async delete(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new DeleteRoleCommand(id));
  }
}
