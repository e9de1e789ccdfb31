import { Body, Controller, Get, HttpCode, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { OperatorOnly } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { ChangePlanCommand, SetOrganizationStatusCommand } from '../commands/operate-organizations';
import { VerifyDomainCommand } from '../commands/verify-domain';
import { ListOrganizationsQuery, OrganizationSummaryQuery, UsageQuery } from '../queries/operate-organizations';
import { DomainView } from './branding.dto';
import {
  ChangePlanBody,
  ListOrganizationsParams,
  OrganizationStandingView,
  OrganizationSummaryView,
  SuspendOrganizationBody,
  UsageView,
} from './operators.dto';

/** What operators of the installation do with organizations; nothing of what is in them. */
@ApiTags('organizations')
@Controller('organizations')
@OperatorOnly()
export class OrganizationOperatorsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Sorts: `createdAt`, `slug`, `members`. */
  @Get()
  @ApiOperation({ operationId: 'listOrganizations', summary: 'Organizations of the installation' })
  @ApiOkResponse({ type: pageOf(OrganizationSummaryView) })
  list(@Query() list: ListOrganizationsParams): Promise<Page<OrganizationSummaryView>> {
    return this.queries.execute(new ListOrganizationsQuery(list));
  }

  @Get(':id')
  @Problems('organizations.organization-not-found')
  @ApiOperation({ operationId: 'getOrganization', summary: 'How an organization stands' })
  get(@IdParam() id: string): Promise<OrganizationStandingView> {
    return this.queries.execute(new OrganizationSummaryQuery(id));
  }

  @Get(':id/usage')
  @Problems('organizations.organization-not-found')
  @ApiOperation({ operationId: 'getOrganizationUsage', summary: 'What an organization uses of its plan' })
  usage(@IdParam() id: string): Promise<UsageView> {
    return this.queries.execute(new UsageQuery(id));
  }

  /** What it has beyond the new limits stays; it just gets no more. */
  @Put(':id/plan')
  @Problems('organizations.organization-not-found')
  @ApiOperation({ operationId: 'changePlan', summary: 'Give an organization another plan' })
  async plan(@IdParam() id: string, @Body() body: ChangePlanBody): Promise<UsageView> {
    await this.commands.execute(new ChangePlanCommand(id, body.plan, body.limits ?? {}));
    return this.queries.execute(new UsageQuery(id));
  }

  /** Its tokens, keys and sockets are refused at once on every process, and its shop is not found. Nothing is lost. */
  @Post(':id/suspend')
  @HttpCode(200)
  @Problems('organizations.organization-not-found', 'organizations.organization-closed')
  @ApiOperation({ operationId: 'suspendOrganization', summary: 'Suspend an organization' })
  async suspend(@IdParam() id: string, @Body() body: SuspendOrganizationBody): Promise<OrganizationStandingView> {
    await this.commands.execute(new SetOrganizationStatusCommand(id, 'suspended', body.reason));
    return this.queries.execute(new OrganizationSummaryQuery(id));
  }

  @Post(':id/resume')
  @HttpCode(200)
  @Problems('organizations.organization-not-found', 'organizations.organization-closed')
  @ApiOperation({ operationId: 'resumeOrganization', summary: 'Let a suspended organization go on' })
  async resume(@IdParam() id: string): Promise<OrganizationStandingView> {
    await this.commands.execute(new SetOrganizationStatusCommand(id, 'active'));
    return this.queries.execute(new OrganizationSummaryQuery(id));
  }

  /** For installations without DNS to the outside: nothing is looked up. */
  @Post(':id/domains/:domainId/verify')
  @HttpCode(200)
  @Problems('organizations.domain-not-found', 'organizations.domain-taken')
  @ApiOperation({ operationId: 'vouchForDomain', summary: 'Vouch for a domain of an organization' })
  vouch(@IdParam() id: string, @IdParam('domainId') domainId: string): Promise<DomainView> {
    return this.commands.execute(VerifyDomainCommand.vouched(domainId, id));
  }
}
