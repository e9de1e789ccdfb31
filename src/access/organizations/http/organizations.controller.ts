import { Body, Controller, Get, Patch, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, Authenticated, CurrentPrincipal } from '../../../kernel/auth/decorators';
import type { Principal } from '../../../kernel/auth/principal';
import { Problems } from '../../../kernel/http/decorators';
import { ChangeOrganizationCommand } from '../commands/manage-organization';
import { CreateOrganizationCommand } from '../contracts/create-organization';
import { OrganizationDetailsQuery } from '../queries/organization-details';
import {
  ChangeOrganizationBody,
  CreatedOrganizationView,
  CreateOrganizationBody,
  OrganizationDetailsView,
} from './organizations.dto';

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
}
