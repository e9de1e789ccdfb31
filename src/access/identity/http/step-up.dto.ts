import { IsIn, IsNotEmpty, IsObject, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { SECOND_STEPS } from '../domain/assurance';
import type { SecondStep } from '../contracts/security-policy';
import { FactorChallengeView } from './mfa.dto';

/** A password, a factor, or both. */
export class StepUpBody {
  /** @example correct horse battery staple */
  @IsOptional()
  @IsNotEmpty()
  @MaxLength(4000)
  @IsString()
  password?: string;

  /** Which factor `code` or `credential` is of. */
  @IsOptional()
  @IsIn(SECOND_STEPS)
  method?: SecondStep;

  @IsOptional()
  @MaxLength(64)
  @IsString()
  code?: string;

  /** For `passkey`: what `navigator.credentials.get` gave for the options of the challenge, as JSON. */
  @IsOptional()
  @IsObject()
  credential?: Record<string, unknown>;

  /** Of the answer to `POST /auth/step-up/challenge`; for `sms`, `email` and `passkey`. */
  @IsOptional()
  @IsUUID()
  challengeId?: string;
}

export class StepUpChallengeBody {
  /** @example passkey */
  @IsIn(['sms', 'email', 'passkey'])
  method: 'sms' | 'email' | 'passkey';

  /** Which of several numbers. */
  @IsOptional()
  @IsUUID()
  factorId?: string;

  /** Sends the code of this challenge again. */
  @IsOptional()
  @IsUUID()
  challengeId?: string;
}

export class StepUpChallengeView extends FactorChallengeView {
  challengeId: string;
}
