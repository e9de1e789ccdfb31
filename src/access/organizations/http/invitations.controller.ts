import { Body, Controller, Delete, Get, HttpCode, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, StepUp } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { InviteCommand, ResendInvitationCommand, RevokeInvitationCommand } from '../commands/invitations';
import { ListInvitationsQuery } from '../queries/invitations';
import { InvitationView, InviteBody, ListInvitationsParams } from './invitations.dto';

const GIVING = {
  'organizations.not-yours-to-offer': 403,
  'organizations.owners-only': 403,
  'plan.limit-reached': 403,
  'organizations.too-many-invitations': 429,
};

@ApiTags('organizations')
@Controller('invitations')
export class InvitationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /**
   * A mail with a link goes to the address; the answer is the same whether or not there is an account of it. Inviting
   * an address anew replaces its open invitation, role and link. You must hold what the role gives.
   */
  @Post()
  @Idempotent()
  @Allow('members:write')
  @Problems({ 'organizations.role-unknown': 400, ...GIVING })
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'inviteMember', summary: 'Invite somebody into the organization' })
  invite(@Body() body: InviteBody): Promise<InvitationView> {
    return this.commands.execute(new InviteCommand(body));
  }

  /** Sorts: `createdAt`, `expiresAt`, `email`. */
  @Get()
  @Allow('members:read')
  @ApiOperation({ operationId: 'listInvitations', summary: 'Invitations of the organization' })
  @ApiOkResponse({ type: pageOf(InvitationView) })
  list(@Query() list: ListInvitationsParams): Promise<Page<InvitationView>> {
    return this.queries.execute(new ListInvitationsQuery(list));
  }

  /** A new link is mailed and the one before is void; seven more days. */
  @Post(':id/resend')
  @HttpCode(200)
  @Allow('members:write')
  @Problems('organizations.invitation-not-found', { 'organizations.invitation-spent': 410, ...GIVING })
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'resendInvitation', summary: 'Send an invitation again' })
  resend(@IdParam() id: string): Promise<InvitationView> {
    return this.commands.execute(new ResendInvitationCommand(id));
  }

  /** The link in the mail is void at once. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('members:write')
  @Problems('organizations.invitation-not-found', { 'organizations.invitation-spent': 410 })
  @ApiOperation({ operationId: 'revokeInvitation', summary: 'Take an invitation back' })
  async revoke(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RevokeInvitationCommand(id));
  }
}
