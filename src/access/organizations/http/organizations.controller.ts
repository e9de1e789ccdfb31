import { Body, Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, Authenticated, CurrentPrincipal, StepUp } from '../../../kernel/auth/decorators';
import type { Principal } from '../../../kernel/auth/principal';
import { Problems } from '../../../kernel/http/decorators';
import { ChangeOrganizationCommand } from '../commands/manage-organization';
import { RequestDeletionCommand, WithdrawDeletionCommand } from '../commands/operate-organizations';
import { CreateOrganizationCommand } from '../contracts/create-organization';
import { UsageQuery } from '../queries/operate-organizations';
import { OrganizationDetailsQuery } from '../queries/organization-details';
import {
  ChangeOrganizationBody,
  CreatedOrganizationView,
  CreateOrganizationBody,
  OrganizationDetailsView,
} from './organizations.dto';
import { OrganizationDeletionView, RequestDeletionBody, UsageView } from './operators.dto';

@ApiTags('organizations')
@Controller('organizations')
export class OrganizationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** You become its owner. Work in it with `POST /auth/switch`. */
  @Post()
  @Authenticated()
  @Problems('organizations.slug-taken', 'organizations.slug-invalid')
  @ApiOperation({ operationId: 'createOrganization', summary: 'Open a further organization' })
  create(
    @Body() body: CreateOrganizationBody,
    @CurrentPrincipal() { userId }: Principal,
  ): Promise<CreatedOrganizationView> {
    return this.commands.execute(new CreateOrganizationCommand({ ...body, ownerUserId: userId! }));
  }

  @Get('current')
  @Allow('organizations:read')
  @Problems('organizations.organization-not-found')
  @ApiOperation({ operationId: 'getCurrentOrganization', summary: 'The organization that your token works in' })
  current(): Promise<OrganizationDetailsView> {
    return this.queries.execute(new OrganizationDetailsQuery());
  }

  @Patch('current')
  @Allow('organizations:write')
  @Problems('organizations.organization-not-found')
  @ApiOperation({ operationId: 'changeCurrentOrganization', summary: 'Change name or settings of the organization' })
  async change(@Body() body: ChangeOrganizationBody): Promise<OrganizationDetailsView> {
    await this.commands.execute(new ChangeOrganizationCommand(body));
    return this.queries.execute(new OrganizationDetailsQuery());
  }

  @Get('current/usage')
  @Allow('organizations:read')
  @Problems('organizations.organization-not-found')
  @ApiOperation({ operationId: 'getUsage', summary: 'What the organization uses of its plan' })
  usage(): Promise<UsageView> {
    return this.queries.execute(new UsageQuery());
  }

  /** It ends in thirty days; until then everything goes on and the wish can be taken back. Needs a fresh sign-in. */
  @Post('current/deletion')
  @HttpCode(200)
  @Allow('organizations:delete')
  @StepUp()
  @Problems('organizations.organization-not-found', 'organizations.deletion-asked', {
    'organizations.slug-unconfirmed': 400,
  })
  @ApiOperation({ operationId: 'requestDeletion', summary: 'Ask for the end of the organization' })
  requestDeletion(@Body() body: RequestDeletionBody): Promise<OrganizationDeletionView> {
    return this.commands.execute(new RequestDeletionCommand(body.confirm));
  }

  @Delete('current/deletion')
  @HttpCode(204)
  @Allow('organizations:delete')
  @Problems('organizations.organization-not-found', 'organizations.deletion-not-asked')
  @ApiOperation({ operationId: 'withdrawDeletion', summary: 'Take the wish to end the organization back' })
  async withdrawDeletion(): Promise<void> {
    await this.commands.execute(new WithdrawDeletionCommand());
  }
}
