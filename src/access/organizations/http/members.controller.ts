import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, StepUp } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { RemoveMemberCommand } from '../commands/manage-organization';
import { ChangeMemberRoleCommand } from '../contracts/change-member-role';
import { TransferOwnershipCommand } from '../commands/manage-members';
import { SetMemberStatusCommand } from '../contracts/set-member-status';
import { ListMembersQuery } from '../queries/list-members';
import { TransferOwnershipBody } from './invitations.dto';
import { ChangeMemberBody, ListMembersParams, MemberView } from './organizations.dto';

@ApiTags('organizations')
@Controller('members')
export class MembersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Sorts: `joinedAt`, `role`. */
  @Get()
  @Allow('members:read')
  @ApiOperation({ operationId: 'listMembers', summary: 'Members of the organization' })
  @ApiOkResponse({ type: pageOf(MemberView) })
  list(@Query() list: ListMembersParams): Promise<Page<MemberView>> {
    return this.queries.execute(new ListMembersQuery(list));
  }

  /** The new rights hold at once, for open sessions too. You must hold what you give and what you take. */
  @Patch(':id')
  @HttpCode(204)
  @Allow('members:write')
  @Problems('organizations.member-not-found', 'organizations.last-owner', {
    'organizations.owners-only': 403,
    'identity.not-yours-to-give': 403,
    'identity.unknown-name': 400,
    'plan.limit-reached': 403,
  })
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'changeMember', summary: 'Give a member another role' })
  async change(@IdParam() id: string, @Body() body: ChangeMemberBody): Promise<void> {
    await this.commands.execute(new ChangeMemberRoleCommand({ id }, body.role));
  }

  /** The member's tokens for this organization are void at once; the user and its other memberships stay. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('members:write')
  @Problems('organizations.member-not-found', 'organizations.last-owner', {
    'organizations.owners-only': 403,
    'identity.not-yours-to-give': 403,
  })
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'removeMember', summary: 'Remove a member' })
  async remove(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RemoveMemberCommand(id));
  }

  /** Its rights are gone at once; the member keeps its place, its role and its teams. */
  @Post(':id/suspend')
  @HttpCode(204)
  @Allow('members:write')
  @Problems('organizations.member-not-found', 'organizations.last-owner', {
    'organizations.owners-only': 403,
    'identity.not-yours-to-give': 403,
  })
  @ApiOperation({ operationId: 'suspendMember', summary: 'Suspend a membership' })
  async suspend(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new SetMemberStatusCommand({ id }, 'suspended'));
  }

  @Post(':id/resume')
  @HttpCode(204)
  @Allow('members:write')
  @Problems('organizations.member-not-found', {
    'organizations.owners-only': 403,
    'identity.not-yours-to-give': 403,
  })
  @ApiOperation({ operationId: 'resumeMember', summary: 'Let a suspended membership go on' })
  async resume(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new SetMemberStatusCommand({ id }, 'active'));
  }

  /** The member becomes owner and you get another role, in one step. Needs a fresh sign-in. */
  @Post(':id/ownership')
  @HttpCode(204)
  @Allow('members:owners')
  @StepUp()
  @Problems('organizations.member-not-found', 'organizations.membership-suspended', {
    'organizations.owners-only': 403,
    'plan.limit-reached': 403,
  })
  @ApiOperation({ operationId: 'transferOwnership', summary: 'Hand the organization over' })
  async transfer(@IdParam() id: string, @Body() body: TransferOwnershipBody): Promise<void> {
    await this.commands.execute(new TransferOwnershipCommand(id, body.becomes));
  }
}
