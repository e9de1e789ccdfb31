import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Authenticated, Public, StepUp } from '../../../kernel/auth/decorators';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { ConfirmPasskeyCommand, StartPasskeyCommand } from '../commands/add-passkey';
import { LogInWithPasskeyCommand, StartPasskeyLoginCommand } from '../commands/log-in-with-passkey';
import { TokensView } from './auth.dto';
import { FactorAddedView } from './mfa-factors.dto';
import { AddPasskeyBody, PasskeyLoginBody, PasskeyOptionsView } from './passkeys.dto';

/**
 * Passkeys (WebAuthn): sign in by PIN, finger or face, on the web and in the apps. What the device checks never leaves
 * it. They are listed, renamed and removed with the other factors, under `/auth/mfa`.
 */
@ApiTags('auth')
@Controller('auth/passkeys')
export class PasskeysController {
  constructor(private readonly commands: CommandBus) {}

  @Post('options')
  @HttpCode(200)
  @Authenticated()
  @StepUp({ enrols: true })
  @RateLimit('auth')
  @Problems({ 'identity.factor-method-unavailable': 409, 'identity.too-many-factors': 409 })
  @ApiOperation({ operationId: 'startPasskey', summary: 'Get options for a new passkey' })
  start(): Promise<PasskeyOptionsView> {
    return this.commands.execute(new StartPasskeyCommand()) as Promise<object> as Promise<PasskeyOptionsView>;
  }

  /** It counts at once, for sign-ins without a password and as second factor. */
  @Post()
  @Authenticated()
  @StepUp({ enrols: true })
  @RateLimit('auth')
  @Problems({ 'identity.challenge-invalid': 400, 'identity.passkey-refused': 401, 'identity.passkey-known': 409 })
  @ApiOperation({ operationId: 'addPasskey', summary: 'Add the passkey that an authenticator made' })
  add(@Body() body: AddPasskeyBody): Promise<FactorAddedView> {
    return this.commands.execute(new ConfirmPasskeyCommand({ ...body }));
  }

  /** Names no account and no key: the authenticator offers what it holds. */
  @Post('login/options')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @ApiOperation({ operationId: 'startPasskeyLogin', summary: 'Get options to sign in with a passkey' })
  startLogin(): Promise<PasskeyOptionsView> {
    return this.commands.execute(new StartPasskeyLoginCommand()) as Promise<object> as Promise<PasskeyOptionsView>;
  }

  /** A passkey that checked its user is two factors in one: no second step follows. */
  @Post('login')
  @HttpCode(200)
  @Public({ tenant: 'optional' })
  @RateLimit('auth')
  @Problems(
    {
      'identity.passkey-refused': 401,
      'identity.organization-unavailable': 403,
      'identity.factor-method-unavailable': 409,
    },
    { 'identity.too-many-tries': 429 },
  )
  @ApiOperation({ operationId: 'logInWithPasskey', summary: 'Sign in with a passkey' })
  logIn(@Body() body: PasskeyLoginBody): Promise<TokensView> {
    return this.commands.execute(new LogInWithPasskeyCommand({ ...body }));
  }
}
