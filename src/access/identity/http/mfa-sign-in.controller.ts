import { Body, Controller, Delete, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { Authenticated, Public } from '../../../kernel/auth/decorators';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { ChallengeSecondFactorCommand } from '../commands/challenge-second-factor';
import { FinishEnrolmentCommand, StartEnrolmentCommand } from '../commands/enrol-at-sign-in';
import { CarryOutRecoveryCommand, OpenRecoveryCommand, StopRecoveryCommand } from '../commands/recover-factors';
import { VerifySecondFactorCommand } from '../commands/verify-second-factor';
import { TokensView } from './auth.dto';
import { RecoveryProgressView } from './factor-recoveries.dto';
import {
  ChallengeFactorBody,
  EnrolledTokensView,
  EnrolmentView,
  FactorChallengeView,
  FinishEnrolmentBody,
  MfaTokenBody,
  SecondFactorView,
  StartEnrolmentBody,
  VerifyFactorBody,
} from './mfa.dto';

const TOKEN = { 'identity.mfa-token-invalid': 401 };
const TRIES = { 'identity.too-many-tries': 429 };

/** What comes between a right password and the tokens. The `mfaToken` stands for the password that was proven. */
@ApiTags('auth')
@ApiExtraModels(TokensView, SecondFactorView)
@Controller('auth/mfa')
export class MfaSignInController {
  constructor(private readonly commands: CommandBus) {}

  /**
   * The tokens are those of a sign-in. Each code works once; five wrong ones end the sign-in, and wrong ones count with
   * wrong passwords. Where the organization wants a better factor than this one, the answer says so again.
   */
  @Post('verify')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Problems(TOKEN, TRIES, { 'identity.factor-refused': 401 })
  @ApiOperation({ operationId: 'verifySecondFactor', summary: 'Give the second factor of a sign-in' })
  @ApiOkResponse({ schema: { oneOf: [TokensView, SecondFactorView].map((view) => ({ $ref: getSchemaPath(view) })) } })
  verify(@Body() body: VerifyFactorBody): Promise<TokensView | SecondFactorView> {
    return this.commands.execute(new VerifySecondFactorCommand({ ...body }));
  }

  /** A new code voids the one before it, and does not forget wrong ones. */
  @Post('challenge')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Problems(
    TOKEN,
    { 'identity.factor-method-unavailable': 409 },
    { 'identity.too-many-codes': 429, 'identity.code-sent-lately': 429 },
  )
  @ApiOperation({ operationId: 'challengeSecondFactor', summary: 'Have a code sent, or get the options of a passkey' })
  challenge(@Body() body: ChallengeFactorBody): Promise<FactorChallengeView> {
    return this.commands.execute(
      new ChallengeSecondFactorCommand({ ...body }),
    ) as Promise<object> as Promise<FactorChallengeView>;
  }

  /** For a sign-in that was answered with `enrolmentRequired`. */
  @Post('enrolment')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Problems(
    TOKEN,
    { 'identity.factor-method-unavailable': 409, 'identity.phone-invalid': 400 },
    { 'identity.too-many-codes': 429, 'identity.code-sent-lately': 429 },
  )
  @ApiOperation({ operationId: 'startEnrolment', summary: 'Begin the factor that a sign-in demands' })
  enrol(@Body() body: StartEnrolmentBody): Promise<EnrolmentView> {
    return this.commands.execute(new StartEnrolmentCommand({ ...body })) as Promise<object> as Promise<EnrolmentView>;
  }

  /** Signs in with the factor that was set up. */
  @Post('enrolment/confirm')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Problems(
    TOKEN,
    TRIES,
    { 'identity.factor-refused': 401, 'identity.factor-method-unavailable': 409 },
    { 'identity.passkey-known': 409, 'identity.recovery-not-open': 409 },
  )
  @ApiOperation({ operationId: 'finishEnrolment', summary: 'Finish a sign-in with the factor that it demanded' })
  finish(@Body() body: FinishEnrolmentBody): Promise<EnrolledTokensView> {
    return this.commands.execute(new FinishEnrolmentCommand({ ...body }));
  }

  /**
   * For who knows the password and has lost every factor and backup code. A mail tells the owner, who can confirm or
   * stop it; besides, an administrator consents or three days pass. Asked again it says how far it is.
   */
  @Post('recovery')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Problems(TOKEN)
  @ApiOperation({ operationId: 'openRecovery', summary: 'Ask to recover an account whose factors are lost' })
  recover(@Body() { mfaToken }: MfaTokenBody): Promise<RecoveryProgressView> {
    return this.commands.execute(new OpenRecoveryCommand(mfaToken));
  }

  /** Two of three proofs are needed. The old factors work until the new one is confirmed. */
  @Post('recovery/complete')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Problems(TOKEN, { 'identity.recovery-not-open': 409, 'identity.recovery-incomplete': 409 })
  @ApiOperation({ operationId: 'completeRecovery', summary: 'Go on to a new factor, once the recovery is proven' })
  carryOut(@Body() { mfaToken }: MfaTokenBody): Promise<SecondFactorView> {
    return this.commands.execute(new CarryOutRecoveryCommand(mfaToken));
  }

  /** Whoever is signed in has lost nothing. */
  @Delete('recovery')
  @HttpCode(204)
  @Authenticated()
  @Problems({ 'identity.recovery-not-open': 409 })
  @ApiOperation({ operationId: 'stopRecovery', summary: 'Stop the recovery of your account' })
  async stop(): Promise<void> {
    await this.commands.execute(new StopRecoveryCommand());
  }
}
