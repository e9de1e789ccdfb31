import { Body, Controller, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Authenticated, Public } from '../../../kernel/auth/decorators';
import { SessionCookies } from '../../../kernel/auth/session-cookies';
import { currentContext } from '../../../kernel/context/request-context';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { AskForLinkCommand } from '../commands/ask-for-link';
import { LogInCommand } from '../commands/log-in';
import { LogOutCommand } from '../commands/log-out';
import { RefreshTokensCommand } from '../commands/refresh-tokens';
import { RegisterCommand } from '../commands/register';
import { SwitchOrganizationCommand } from '../commands/switch-organization';
import { VerifyEmailCommand } from '../commands/verify-email';
import { refreshTokenMissing } from '../domain/session.errors';
import { ProfileQuery } from '../queries/profile';
import {
  LoginBody,
  LogoutBody,
  ProfileView,
  RefreshBody,
  RegisterBody,
  RegisterView,
  ResendBody,
  SwitchBody,
  TokensView,
  VerifyEmailView,
} from './auth.dto';
import { SecondFactorView } from './mfa.dto';

@ApiTags('auth')
@ApiExtraModels(TokensView, SecondFactorView)
@Controller('auth')
export class AuthController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly cookies: SessionCookies,
  ) {}

  /** The answer is the same whether or not the address is known; the mail says how to go on. */
  @Post('register')
  @Public({ tenant: 'optional' })
  @RateLimit('auth')
  @Problems('identity.registration-target-missing', 'identity.password-refused', 'identity.email-invalid', {
    'identity.busy': 503,
  })
  @ApiOperation({ operationId: 'register', summary: 'Register with a new organization or as a customer of a shop' })
  async register(@Body() body: RegisterBody): Promise<RegisterView> {
    await this.commands.execute(new RegisterCommand(body));
    return { email: body.email, status: 'mail_sent' };
  }

  /** Uses the link up. The link in the mail leads to a page that sends this, so that a scanner's visit consumes nothing. */
  @Post('verify-email/:token')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Problems({ 'identity.link-invalid': 404, 'identity.link-spent': 410 })
  @ApiOperation({ operationId: 'verifyEmail', summary: 'Verify an e-mail address' })
  async verifyEmail(@Param('token') token: string): Promise<VerifyEmailView> {
    const { email, organization } = await this.commands.execute(new VerifyEmailCommand(token));
    return { email, verified: true, organization };
  }

  /** The answer is the same whether or not there is something to verify. */
  @Post('verify-email/resend')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @ApiOperation({ operationId: 'resendVerification', summary: 'Send the verification mail again' })
  async resend(@Body() body: ResendBody): Promise<RegisterView> {
    await this.commands.execute(new AskForLinkCommand({ kind: 'verify-email', email: body.email }));
    return { email: body.email, status: 'mail_sent' };
  }

  /**
   * Unknown address and wrong password are one answer. Operators of the installation sign in here too. Where a second
   * factor is needed the answer says so (`mfaRequired`), and `POST /auth/mfa/verify` goes on.
   */
  @Post('login')
  @HttpCode(200)
  @Public({ tenant: 'optional' })
  @RateLimit('auth')
  @Problems(
    { 'identity.invalid-credentials': 401, 'identity.email-unverified': 403, 'identity.organization-unavailable': 403 },
    { 'identity.password-change-required': 403 },
    { 'identity.too-many-tries': 429, 'identity.busy': 503 },
  )
  @ApiOperation({ operationId: 'login', summary: 'Sign in with e-mail address and password' })
  @ApiOkResponse({ schema: { oneOf: [TokensView, SecondFactorView].map((view) => ({ $ref: getSchemaPath(view) })) } })
  login(@Body() body: LoginBody): Promise<TokensView | SecondFactorView> {
    return this.commands.execute(new LogInCommand(body));
  }

  /** The session goes on in another organization; the refresh token it had is used up. */
  @Post('switch')
  @HttpCode(200)
  @Authenticated()
  @Problems({ 'identity.organization-unavailable': 403, 'identity.session-ended': 401 })
  @ApiOperation({ operationId: 'switchOrganization', summary: 'Work in another of your organizations' })
  switch(@Body() body: SwitchBody): Promise<TokensView> {
    return this.commands.execute(new SwitchOrganizationCommand(body.organization));
  }

  /**
   * Each refresh token works once. The same request within ten seconds gets the same answer; a used token that comes
   * later ends its session, because two parties hold it. Browsers in cookie mode send no body: the token is in a cookie.
   */
  @Post('refresh')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Problems({
    'identity.refresh-token-invalid': 401,
    'identity.session-ended': 401,
    'identity.refresh-token-missing': 400,
  })
  @ApiOperation({ operationId: 'refreshTokens', summary: 'Exchange a refresh token for new tokens' })
  async refresh(@Req() request: FastifyRequest, @Body() body?: RefreshBody): Promise<TokensView> {
    const kept = body?.refreshToken === undefined ? this.cookies.refreshToken(request) : null;
    const refreshToken = body?.refreshToken ?? kept?.refreshToken;
    if (refreshToken === undefined) throw refreshTokenMissing();
    // A browser whose token came by cookie gets the next one the same way.
    if (kept) currentContext().signIn = { transport: 'cookie', remember: true };
    return this.commands.execute(new RefreshTokensCommand({ refreshToken, assertSession: kept?.fits }));
  }

  /** Ends the session of the access token, or of the refresh token where that is all that is left. */
  @Post('logout')
  @HttpCode(204)
  @Public()
  @Problems({ 'identity.session-ended': 401 })
  @ApiOperation({ operationId: 'logout', summary: 'Sign out' })
  async logout(@Req() request: FastifyRequest, @Body() body?: LogoutBody): Promise<void> {
    const kept = body?.refreshToken === undefined ? this.cookies.refreshToken(request) : null;
    await this.commands.execute(
      new LogOutCommand({ refreshToken: body?.refreshToken ?? kept?.refreshToken, assertSession: kept?.fits }),
    );
    currentContext().cookiesEnd = true;
  }

  @Get('profile')
  @Authenticated()
  @ApiOperation({ operationId: 'getProfile', summary: 'Who you are, where you work, what you may do' })
  profile(): Promise<ProfileView> {
    return this.queries.execute(new ProfileQuery());
  }
}
