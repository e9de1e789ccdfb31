import { Body, Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, Public } from '../../../kernel/auth/decorators';
import { IdParam, Problems, RateLimit } from '../../../kernel/http/decorators';
import {
  ChangeBrandingCommand,
  ClaimDomainCommand,
  MakeDomainPrimaryCommand,
  RemoveDomainCommand,
} from '../commands/manage-branding';
import { VerifyDomainCommand } from '../commands/verify-domain';
import { ListDomainsQuery, ShownBrandingQuery } from '../queries/branding';
import { BrandingView, ChangeBrandingBody, ClaimDomainBody, DomainListView, DomainView } from './branding.dto';

@ApiTags('organizations')
@Controller('branding')
export class BrandingController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** For front ends: of the shop that `X-Tenant`, the host name or the token names. */
  @Get()
  @Public({ tenant: 'required' })
  @Problems('organizations.organization-not-found')
  @ApiOperation({ operationId: 'getBranding', summary: 'How the organization looks' })
  show(): Promise<BrandingView> {
    return this.queries.execute(new ShownBrandingQuery());
  }

  /** What is absent stays; null takes a part back to its default. Mails show it at once, but for letters on their way. */
  @Patch()
  @Allow('organizations:write')
  @ApiOperation({ operationId: 'changeBranding', summary: 'Change how the organization looks' })
  async change(@Body() body: ChangeBrandingBody): Promise<BrandingView> {
    await this.commands.execute(new ChangeBrandingCommand(body));
    return this.queries.execute(new ShownBrandingQuery());
  }

  @Get('domains')
  @Allow('organizations:read')
  @ApiOperation({ operationId: 'listDomains', summary: 'Domains of the organization' })
  domains(): Promise<DomainListView> {
    return this.queries.execute(new ListDomainsQuery());
  }

  /**
   * Put the record of `proof` into the domain's DNS and let the host name itself lead here. It is looked up at once,
   * and again whenever you ask; only a proven domain leads to the organization.
   */
  @Post('domains')
  @Allow('organizations:write')
  @Problems('organizations.domain-taken', 'organizations.domain-invalid', { 'plan.limit-reached': 403 })
  @ApiOperation({ operationId: 'claimDomain', summary: 'Claim a domain of your own' })
  claim(@Body() body: ClaimDomainBody): Promise<DomainView> {
    return this.commands.execute(new ClaimDomainCommand(body.host));
  }

  /** Answers with what DNS says now; `fault` tells what is missing. */
  @Post('domains/:id/verify')
  @HttpCode(200)
  @Allow('organizations:write')
  @RateLimit('heavy')
  @Problems('organizations.domain-not-found', 'organizations.domain-taken')
  @ApiOperation({ operationId: 'verifyDomain', summary: 'Look the proof of a domain up' })
  verify(@IdParam() id: string): Promise<DomainView> {
    return this.commands.execute(new VerifyDomainCommand(id));
  }

  /** Links in mails lead there from now on. */
  @Post('domains/:id/primary')
  @HttpCode(200)
  @Allow('organizations:write')
  @Problems('organizations.domain-not-found', 'organizations.domain-unproven')
  @ApiOperation({ operationId: 'makeDomainPrimary', summary: 'Make a proven domain the primary one' })
  primary(@IdParam() id: string): Promise<DomainView> {
    return this.commands.execute(new MakeDomainPrimaryCommand(id));
  }

  @Delete('domains/:id')
  @HttpCode(204)
  @Allow('organizations:write')
  @Problems('organizations.domain-not-found')
  @ApiOperation({ operationId: 'removeDomain', summary: 'Let a domain go' })
  async remove(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RemoveDomainCommand(id));
  }
}
