import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Authenticated } from '../../../kernel/auth/decorators';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { ChallengeStepUpCommand, StepUpCommand } from '../commands/step-up';
import { TokensView } from './auth.dto';
import { StepUpBody, StepUpChallengeBody, StepUpChallengeView } from './step-up.dto';

/** Fresh proofs for sensitive routes, which refuse with `auth.step-up-required` (RFC 9470). */
@ApiTags('auth')
@Controller('auth/step-up')
export class StepUpController {
  constructor(private readonly commands: CommandBus) {}

  /** The session gets new tokens; the former ones are void at once. */
  @Post()
  @HttpCode(200)
  @Authenticated()
  @RateLimit('auth')
  @Problems(
    { 'identity.proof-missing': 400, 'identity.challenge-invalid': 400 },
    { 'identity.invalid-credentials': 401, 'identity.factor-refused': 401, 'identity.too-many-tries': 429 },
  )
  @ApiOperation({ operationId: 'stepUp', summary: 'Prove once more that it is you' })
  stepUp(@Body() { password, challengeId, method, code, credential }: StepUpBody): Promise<TokensView> {
    const factor = method && { method, code, credential };
    return this.commands.execute(new StepUpCommand({ password, challengeId, factor }));
  }

  @Post('challenge')
  @HttpCode(200)
  @Authenticated()
  @RateLimit('auth')
  @Problems(
    { 'identity.challenge-invalid': 400, 'identity.factor-method-unavailable': 409 },
    { 'identity.too-many-codes': 429, 'identity.code-sent-lately': 429 },
  )
  @ApiOperation({
    operationId: 'challengeStepUp',
    summary: 'Have a code sent for a proof, or get options of a passkey',
  })
  challenge(@Body() body: StepUpChallengeBody): Promise<StepUpChallengeView> {
    return this.commands.execute(
      new ChallengeStepUpCommand({ ...body }),
    ) as Promise<object> as Promise<StepUpChallengeView>;
  }
}
