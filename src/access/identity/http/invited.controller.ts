import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Authenticated, Public } from '../../../kernel/auth/decorators';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { JoinByInvitationCommand, RegisterInvitedCommand } from '../commands/join-by-invitation';
import { InvitedQuery } from '../queries/invited';
import {
  AcceptInvitationBody,
  InvitedView,
  JoinedView,
  RegisteredInvitedView,
  RegisterInvitedBody,
} from './invited.dto';

const TOKEN_PROBLEMS = {
  'organizations.invitation-not-found': 404,
  'organizations.invitation-spent': 410,
  'organizations.invitation-expired': 410,
  'identity.too-many-tries': 429,
};
const JOINING = {
  'plan.limit-reached': 403,
  'organizations.inviter-lost-rights': 409,
  'organizations.membership-suspended': 409,
};

/** The bearer's side of invitations; tokens travel in bodies, never in addresses. */
@ApiTags('organizations')
@Controller('invitations')
export class InvitedController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Changes nothing. */
  @Post('look')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Problems(TOKEN_PROBLEMS)
  @ApiOperation({ operationId: 'lookAtInvitation', summary: 'See what you are invited to' })
  look(@Body() body: AcceptInvitationBody): Promise<InvitedView> {
    return this.queries.execute(new InvitedQuery(body.token));
  }

  /**
   * Works once, for the account whose proven address the invitation was sent to. Work there with `POST /auth/switch`.
   */
  @Post('accept')
  @HttpCode(200)
  @Authenticated()
  @RateLimit('auth')
  @Problems({ 'organizations.invitation-for-another': 403, 'identity.email-unverified': 403 }, JOINING, TOKEN_PROBLEMS)
  @ApiOperation({ operationId: 'acceptInvitation', summary: 'Accept an invitation' })
  accept(@Body() body: AcceptInvitationBody): Promise<JoinedView> {
    return this.commands.execute(new JoinByInvitationCommand(body.token));
  }

  /** The token proves the address: sign in with it and the password. Who has an account already signs in and accepts. */
  @Post('register')
  @Public()
  @RateLimit('auth')
  @Problems('identity.password-refused', 'identity.already-registered', JOINING, TOKEN_PROBLEMS, {
    'identity.busy': 503,
  })
  @ApiOperation({ operationId: 'registerInvited', summary: 'Register by an invitation' })
  register(@Body() body: RegisterInvitedBody): Promise<RegisteredInvitedView> {
    return this.commands.execute(new RegisterInvitedCommand(body));
  }
}
