import { Body, Controller, Get, Headers, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Authenticated, Public, StepUp } from '../../../kernel/auth/decorators';
import { currentContext } from '../../../kernel/context/request-context';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { AskEmailChangeCommand, ConfirmEmailChangeCommand, UndoEmailChangeCommand } from '../commands/change-email';
import { ChangePasswordCommand } from '../commands/change-password';
import { ChangeProfileCommand } from '../commands/change-profile';
import { CloseAccountCommand, KeepAccountCommand } from '../commands/close-account';
import { AskForLinkCommand } from '../commands/ask-for-link';
import { LogOutEverywhereCommand } from '../commands/log-out-everywhere';
import { ResetPasswordCommand } from '../commands/reset-password';
import { LoginHistoryQuery } from '../queries/login-history';
import { ProfileQuery } from '../queries/profile';
import { VerifyTokenQuery } from '../queries/verify-token';
import {
  AddressView,
  ChangePasswordBody,
  ChangeProfileBody,
  DeletionView,
  EmailChangeBody,
  ForgotPasswordBody,
  LinkBody,
  LoginAttemptView,
  LoginHistoryParams,
  ProofBody,
  ResetPasswordBody,
  TokenStateView,
  VerifyTokenBody,
} from './account.dto';
import { ProfileView, RegisterView } from './auth.dto';

const LINK = { 'identity.link-invalid': 404, 'identity.link-spent': 410 } as const;
const PROOF = { 'identity.password-not-proven': 403, 'identity.too-many-tries': 429, 'identity.busy': 503 } as const;

/** Such a route asks for the password itself: who has a second factor must have proven it in this session, however long ago. */
const WITH_PASSWORD = 31 * 86_400;

/** What people do with their own accounts. */
@ApiTags('auth')
@Controller('auth')
export class AccountController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** The answer is the same whether or not the address is known; the mail says how to go on. */
  @Post('forgot-password')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @ApiOperation({ operationId: 'forgotPassword', summary: 'Ask for a link that sets a new password' })
  async forgot(@Body() { email }: ForgotPasswordBody): Promise<RegisterView> {
    await this.commands.execute(new AskForLinkCommand({ kind: 'reset-password', email }));
    return { email, status: 'mail_sent' };
  }

  /** Ends all sessions. A second factor is still asked for at the next sign-in; a refused password uses nothing up. */
  @Post('reset-password')
  @HttpCode(204)
  @Public()
  @RateLimit('auth')
  @Problems('identity.password-changed-meanwhile', { 'identity.password-refused': 400, ...LINK, 'identity.busy': 503 })
  @ApiOperation({ operationId: 'resetPassword', summary: 'Set a new password with the token of a link' })
  async reset(@Body() body: ResetPasswordBody): Promise<void> {
    await this.commands.execute(new ResetPasswordCommand(body));
  }

  /** Other sessions end, unless `endOtherSessions` is false. The address is told. */
  @Post('change-password')
  @HttpCode(204)
  @Authenticated()
  @RateLimit('auth')
  @Problems('identity.password-changed-meanwhile', { 'identity.password-refused': 400, ...PROOF })
  @StepUp({ maxAgeSeconds: WITH_PASSWORD })
  @ApiOperation({ operationId: 'changePassword', summary: 'Change your password' })
  async changePassword(@Body() body: ChangePasswordBody): Promise<void> {
    await this.commands.execute(new ChangePasswordCommand(body));
  }

  /** Every device is signed out, this one too. */
  @Post('logout-all')
  @HttpCode(204)
  @Authenticated()
  @ApiOperation({ operationId: 'logoutAll', summary: 'Sign out everywhere' })
  async logoutAll(): Promise<void> {
    await this.commands.execute(new LogOutEverywhereCommand());
    currentContext().cookiesEnd = true;
  }

  /** Says whether a token would be accepted now, and what it says; never why it would not. */
  @Post('verify-token')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @ApiOperation({ operationId: 'verifyToken', summary: 'Whether an access token is live' })
  verifyToken(
    @Body() body?: VerifyTokenBody,
    @Headers('authorization') authorization?: string,
  ): Promise<TokenStateView> {
    const bearer = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    return this.queries.execute(new VerifyTokenQuery(body?.token ?? bearer ?? ''));
  }

  /** Names only what changes. */
  @Patch('profile')
  @Authenticated()
  @Problems({ 'identity.profile-invalid': 400 })
  @ApiOperation({ operationId: 'changeProfile', summary: 'Change your name, language, time zone and preferences' })
  async changeProfile(@Body() body: ChangeProfileBody): Promise<ProfileView> {
    await this.commands.execute(new ChangeProfileCommand(body));
    return this.queries.execute(new ProfileQuery());
  }

  /** The newest first; kept for a year. Tries that were refused before anything was verified are not in it. */
  @Get('login-history')
  @Authenticated()
  @ApiOperation({ operationId: 'listLoginHistory', summary: 'Tries to sign in to your account' })
  @ApiOkResponse({ type: pageOf(LoginAttemptView) })
  history(@Query() list: LoginHistoryParams): Promise<Page<LoginAttemptView>> {
    return this.queries.execute(new LoginHistoryQuery(list));
  }

  /** A link goes to the new address; nothing changes before it is opened. The answer is the same for a taken address. */
  @Post('email-change')
  @HttpCode(200)
  @Authenticated()
  @RateLimit('auth')
  @Problems('identity.email-invalid', 'identity.email-unchanged', PROOF, { 'identity.email-unchanged': 400 })
  @StepUp({ maxAgeSeconds: WITH_PASSWORD })
  @ApiOperation({ operationId: 'askEmailChange', summary: 'Ask for another e-mail address' })
  async emailChange(@Body() body: EmailChangeBody): Promise<RegisterView> {
    await this.commands.execute(new AskEmailChangeCommand(body));
    return { email: body.email, status: 'mail_sent' };
  }

  /** The former address is told, with a link that takes it back. */
  @Post('email-change/confirm')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Problems('identity.email-taken', LINK)
  @ApiOperation({ operationId: 'confirmEmailChange', summary: 'Prove the new e-mail address' })
  confirmEmail(@Body() { token }: LinkBody): Promise<AddressView> {
    return this.commands.execute(new ConfirmEmailChangeCommand(token));
  }

  /** The former address holds again, all sessions end, and a new password is set by mail. */
  @Post('email-change/undo')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Problems('identity.email-taken', LINK)
  @ApiOperation({ operationId: 'undoEmailChange', summary: 'Take a change of the e-mail address back' })
  undoEmail(@Body() { token }: LinkBody): Promise<AddressView> {
    return this.commands.execute(new UndoEmailChangeCommand(token));
  }

  /** All sessions end. The account opens again with a new password by mail. */
  @Post('account/disable')
  @HttpCode(204)
  @Authenticated()
  @RateLimit('auth')
  @Problems(PROOF)
  @StepUp({ maxAgeSeconds: WITH_PASSWORD })
  @ApiOperation({ operationId: 'disableAccount', summary: 'Close your account for now' })
  async disable(@Body() body: ProofBody): Promise<void> {
    await this.commands.execute(new CloseAccountCommand('disable', body));
  }

  /** The account is closed now and deleted after 30 days; until then the link in the mail keeps it. */
  @Post('account/delete')
  @HttpCode(202)
  @Authenticated()
  @RateLimit('auth')
  @Problems('identity.last-owner', PROOF)
  @StepUp({ maxAgeSeconds: WITH_PASSWORD })
  @ApiOperation({ operationId: 'deleteAccount', summary: 'Ask for the deletion of your account' })
  async remove(@Body() body: ProofBody): Promise<DeletionView> {
    const { deletionDueAt } = await this.commands.execute(new CloseAccountCommand('delete', body));
    return { deletionDueAt: deletionDueAt! };
  }

  @Post('account/keep')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Problems(LINK)
  @ApiOperation({ operationId: 'keepAccount', summary: 'Keep an account that was to be deleted' })
  keep(@Body() { token }: LinkBody): Promise<AddressView> {
    return this.commands.execute(new KeepAccountCommand(token));
  }
}
