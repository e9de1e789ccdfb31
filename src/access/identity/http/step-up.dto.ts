import { IsIn, IsNotEmpty, IsObject, IsString, IsUUID, MaxLength } from 'class-validator';
import { SECOND_STEPS } from '../domain/assurance';
import type { SecondStep } from '../contracts/security-policy';
import { FactorChallengeView } from './mfa.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

/** A password, a factor, or both. */
export class StepUpBody {
  /** @example correct horse battery staple */
  @MayBeAbsent()
  @IsNotEmpty()
  @MaxLength(4000)
  @IsString()
  password?: string;

  /** Which factor `code` or `credential` is of. */
  @MayBeAbsent()
  @IsIn(SECOND_STEPS)
  method?: SecondStep;

  @MayBeAbsent()
  @MaxLength(64)
  @IsString()
  code?: string;

  /** For `passkey`: what `navigator.credentials.get` gave for the options of the challenge, as JSON. */
  @MayBeAbsent()
  @IsObject()
  credential?: Record<string, unknown>;

  /** Of the answer to `POST /auth/step-up/challenge`; for `sms`, `email` and `passkey`. */
  @MayBeAbsent()
  @IsUUID()
  challengeId?: string;
}

export class StepUpChallengeBody {
  /** @example passkey */
  @IsIn(['sms', 'email', 'passkey'])
  method: 'sms' | 'email' | 'passkey';

  /** Which of several numbers. */
  @MayBeAbsent()
  @IsUUID()
  factorId?: string;

  /** Sends the code of this challenge again. */
  @MayBeAbsent()
  @IsUUID()
  challengeId?: string;
}

export class StepUpChallengeView extends FactorChallengeView {
  challengeId: string;
}
