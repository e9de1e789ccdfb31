import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Authenticated, StepUp } from '../../../kernel/auth/decorators';
import { IdParam, Problems, RateLimit } from '../../../kernel/http/decorators';
import { ConfirmCodeFactorCommand, StartCodeFactorCommand } from '../commands/add-code-factor';
import { ConfirmTotpCommand, StartTotpCommand } from '../commands/add-totp';
import { RemoveFactorCommand, RenameFactorCommand, ReplaceBackupCodesCommand } from '../commands/manage-factors';
import { OwnFactorsQuery } from '../queries/own-factors';
import {
  BackupCodesView,
  CodeSentView,
  ConfirmCodeBody,
  ConfirmTotpBody,
  FactorAddedView,
  FactorRemovedView,
  FactorView,
  OwnFactorsView,
  RemoveFactorQuery,
  RenameFactorBody,
  StartEmailFactorBody,
  StartSmsFactorBody,
  StartTotpBody,
  TotpSetupView,
} from './mfa-factors.dto';

/** Shown with each number: SMS is a restricted authenticator (NIST SP 800-63B-4, 3.1.3.2; ASVS 6.6.1). */
const SMS_RISK =
  'Text messages can be intercepted, and a number can be taken over. An authenticator app or a passkey is safer.';
const EMAIL_RISK =
  'Whoever reads your mail has this factor and can reset your password. It does not count as a second factor where one is required.';

/** The second factors of the caller. Changing them asks for a fresh proof, and is told to the caller by mail. */
@ApiTags('auth')
@Controller('auth/mfa')
export class MfaController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** With what the organization wants of them, and how well this session is proven. */
  @Get()
  @Authenticated()
  @ApiOperation({ operationId: 'listFactors', summary: 'Your second factors' })
  list(): Promise<OwnFactorsView> {
    return this.queries.execute(new OwnFactorsQuery());
  }

  /** Shown once; it counts after `POST /auth/mfa/totp/confirm`. Several apps with names are possible. */
  @Post('totp')
  @Authenticated()
  @StepUp({ enrols: true })
  @RateLimit('auth')
  @Problems({ 'identity.factor-method-unavailable': 409, 'identity.too-many-factors': 409 })
  @ApiOperation({ operationId: 'startTotp', summary: 'Begin a new authenticator app' })
  startTotp(@Body() body?: StartTotpBody): Promise<TotpSetupView> {
    return this.commands.execute(new StartTotpCommand({ ...body }));
  }

  /** The first factor brings ten backup codes, which are shown this once. */
  @Post('totp/confirm')
  @HttpCode(200)
  @Authenticated()
  @StepUp({ enrols: true })
  @RateLimit('auth')
  @Problems({ 'identity.factor-refused': 401 })
  @ApiOperation({ operationId: 'confirmTotp', summary: 'Confirm an authenticator app by its first code' })
  confirmTotp(@Body() body: ConfirmTotpBody): Promise<FactorAddedView> {
    return this.commands.execute(new ConfirmTotpCommand({ ...body }));
  }

  /** A code of six digits is sent there. */
  @Post('sms')
  @Authenticated()
  @StepUp({ enrols: true })
  @RateLimit('auth')
  @Problems(
    { 'identity.phone-invalid': 400, 'identity.challenge-invalid': 400 },
    {
      'identity.factor-method-unavailable': 409,
      'identity.too-many-codes': 429,
      'identity.code-sent-lately': 429,
    },
  )
  @ApiOperation({ operationId: 'startSmsFactor', summary: 'Begin a phone number for text messages' })
  async startSms(@Body() body: StartSmsFactorBody): Promise<CodeSentView> {
    const sent = await this.commands.execute(new StartCodeFactorCommand({ ...body, method: 'sms' }));
    return { ...sent, risk: SMS_RISK };
  }

  @Post('sms/confirm')
  @HttpCode(200)
  @Authenticated()
  @StepUp({ enrols: true })
  @RateLimit('auth')
  @Problems({ 'identity.factor-refused': 401, 'identity.challenge-invalid': 400 })
  @ApiOperation({ operationId: 'confirmSmsFactor', summary: 'Confirm a phone number by the code that was sent there' })
  confirmSms(@Body() body: ConfirmCodeBody): Promise<FactorAddedView> {
    return this.commands.execute(new ConfirmCodeFactorCommand({ ...body, method: 'sms' }));
  }

  /** Codes by e-mail protect against a stolen password, and reach no more than assurance level 1. */
  @Post('email')
  @Authenticated()
  @StepUp({ enrols: true })
  @RateLimit('auth')
  @Problems(
    { 'identity.challenge-invalid': 400, 'identity.factor-method-unavailable': 409 },
    { 'identity.too-many-codes': 429, 'identity.code-sent-lately': 429, 'identity.too-many-factors': 409 },
  )
  @ApiOperation({ operationId: 'startEmailFactor', summary: 'Begin codes by e-mail' })
  async startEmail(@Body() body?: StartEmailFactorBody): Promise<CodeSentView> {
    const sent = await this.commands.execute(new StartCodeFactorCommand({ ...body, method: 'email' }));
    return { ...sent, risk: EMAIL_RISK };
  }

  @Post('email/confirm')
  @HttpCode(200)
  @Authenticated()
  @StepUp({ enrols: true })
  @RateLimit('auth')
  @Problems({ 'identity.factor-refused': 401, 'identity.challenge-invalid': 400 })
  @ApiOperation({ operationId: 'confirmEmailFactor', summary: 'Confirm codes by e-mail' })
  confirmEmail(@Body() body: ConfirmCodeBody): Promise<FactorAddedView> {
    return this.commands.execute(new ConfirmCodeFactorCommand({ ...body, method: 'email' }));
  }

  /** All former codes are void. */
  @Post('backup-codes')
  @HttpCode(200)
  @Authenticated()
  @StepUp()
  @RateLimit('auth')
  @Problems({ 'identity.no-factor': 409 })
  @ApiOperation({ operationId: 'replaceBackupCodes', summary: 'Get ten new backup codes' })
  backupCodes(): Promise<BackupCodesView> {
    return this.commands.execute(new ReplaceBackupCodesCommand());
  }

  @Patch(':id')
  @Authenticated()
  @Problems({ 'identity.factor-not-found': 404 })
  @ApiOperation({ operationId: 'renameFactor', summary: 'Rename a factor or passkey' })
  rename(@IdParam() id: string, @Body() { name }: RenameFactorBody): Promise<FactorView> {
    return this.commands.execute(new RenameFactorCommand(id, name));
  }

  /** The last one stays while an organization of yours requires a factor. */
  @Delete(':id')
  @HttpCode(200)
  @Authenticated()
  @StepUp()
  @Problems({ 'identity.factor-not-found': 404, 'identity.last-factor-required': 409 })
  @ApiOperation({ operationId: 'removeFactor', summary: 'Remove a factor or passkey' })
  remove(@IdParam() id: string, @Query() { endOtherSessions }: RemoveFactorQuery): Promise<FactorRemovedView> {
    return this.commands.execute(new RemoveFactorCommand(id, endOtherSessions === 'true'));
  }
}
