import { Body, Controller, Get, HttpCode, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, OperatorOnly, StepUp } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { SetMemberStatusCommand } from '../../organizations/contracts/set-member-status';
import { AssignRolesCommand } from '../commands/assign-roles';
import { InvitePersonCommand } from '../commands/invite-person';
import { AskNewPasswordCommand, ManyUsersCommand, UnlockUserCommand } from '../commands/manage-people';
import { SetAccountStatusCommand } from '../commands/operate-accounts';
import { ListUsersQuery, UserQuery } from '../queries/list-users';
import {
  AssignRolesBody,
  BulkView,
  CreateUserBody,
  InvitedUserView,
  ListUsersParams,
  ManyUsersBody,
  UnlockedView,
  UserRolesView,
  UserView,
} from './users.dto';

const ROLES = { 'identity.unknown-name': 400, 'identity.not-yours-to-give': 403 } as const;
const MEMBERS = ['organizations.member-not-found', 'organizations.last-owner'] as const;

/** The people of an organization, for its administrators; whole accounts, for the platform's operators. */
@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Sorts: `joinedAt`, `role`. */
  @Get()
  @Allow('users:read')
  @ApiOperation({ operationId: 'listUsers', summary: 'People of the organization' })
  @ApiOkResponse({ type: pageOf(UserView) })
  list(@Query() { role, ...list }: ListUsersParams): Promise<Page<UserView>> {
    return this.queries.execute(new ListUsersQuery({ ...list, ...(role === undefined ? {} : { role: [role] }) }));
  }

  @Get(':id')
  @Allow('users:read')
  @Problems('identity.user-not-found')
  @ApiOperation({ operationId: 'getUser', summary: 'One of the people of the organization' })
  one(@IdParam() id: string): Promise<UserView> {
    return this.queries.execute(new UserQuery(id));
  }

  /**
   * A link is mailed: who has no account chooses a password behind it, who has one confirms. Nobody is a member before,
   * and the answer is the same for both.
   */
  @Post()
  @HttpCode(202)
  @Allow('users:write')
  @Problems('identity.email-invalid', 'identity.already-member', ROLES)
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'createUser', summary: 'Ask a person to work in the organization' })
  async create(@Body() body: CreateUserBody): Promise<InvitedUserView> {
    await this.commands.execute(new InvitePersonCommand(body));
    return { email: body.email, status: 'mail_sent' };
  }

  /** Each by itself: one that is refused stops none of the others. */
  @Post('bulk')
  @HttpCode(200)
  @Allow('users:write')
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'manageUsers', summary: 'Do the same to many people' })
  async many(@Body() { action, userIds, roles }: ManyUsersBody): Promise<BulkView> {
    const results = await this.commands.execute(new ManyUsersCommand(action, userIds, roles));
    const done = results.filter(({ status }) => status === 'done').length;
    return { results, done, refused: results.length - done };
  }

  /** The membership rests: tokens for this organization are void at once. What the person does elsewhere goes on. */
  @Post(':id/suspend')
  @HttpCode(204)
  @Allow('users:write')
  @Problems(...MEMBERS, ROLES)
  @ApiOperation({ operationId: 'suspendUser', summary: 'Suspend a person in the organization' })
  async suspend(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new SetMemberStatusCommand({ userId: id }, 'suspended'));
  }

  @Post(':id/resume')
  @HttpCode(204)
  @Allow('users:write')
  @Problems(...MEMBERS, ROLES)
  @ApiOperation({ operationId: 'resumeUser', summary: 'Let a suspended person go on' })
  async resume(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new SetMemberStatusCommand({ userId: id }, 'active'));
  }

  /** Ends the waits after failed tries to sign in. A hundred failures in a row are only undone by a new password. */
  @Post(':id/unlock')
  @HttpCode(200)
  @Allow('users:write')
  @Problems('identity.user-not-found')
  @ApiOperation({ operationId: 'unlockUser', summary: 'End the waits of a person who signs in' })
  unlock(@IdParam() id: string): Promise<UnlockedView> {
    return this.commands.execute(new UnlockUserCommand(id));
  }

  /** A link is mailed to the person; the present password works until it is used. Nobody else learns or chooses one. */
  @Post(':id/password-reset')
  @HttpCode(204)
  @Allow('users:write')
  @Problems('identity.user-not-found', { 'identity.too-many-mails': 429 })
  @ApiOperation({ operationId: 'askNewPassword', summary: 'Ask a person for a new password' })
  async askNewPassword(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new AskNewPasswordCommand(id));
  }

  /** They hold at once. You give and take only what you hold yourself. */
  @Put(':id/roles')
  @Allow('users:write')
  @Problems('identity.member-not-found', 'identity.owner-by-membership', 'organizations.last-owner', ROLES)
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'assignRoles', summary: 'Say which roles a person has' })
  assignRoles(@IdParam() id: string, @Body() { roles }: AssignRolesBody): Promise<UserRolesView> {
    return this.commands.execute(new AssignRolesCommand(id, roles));
  }

  /** In all organizations: every session ends, and nobody signs in with it until it is enabled. */
  @Post(':id/disable')
  @HttpCode(204)
  @OperatorOnly()
  @Problems('identity.user-not-found', 'identity.own-account')
  @ApiOperation({ operationId: 'disableUser', summary: 'Disable an account everywhere' })
  async disable(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new SetAccountStatusCommand(id, 'disabled'));
  }

  /** Failed tries to sign in are forgotten with it. */
  @Post(':id/enable')
  @HttpCode(204)
  @OperatorOnly()
  @Problems('identity.user-not-found', 'identity.own-account')
  @ApiOperation({ operationId: 'enableUser', summary: 'Enable an account again' })
  async enable(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new SetAccountStatusCommand(id, 'active'));
  }
}
