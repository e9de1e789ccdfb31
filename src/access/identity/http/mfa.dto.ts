import { IsBoolean, IsIn, IsNotEmpty, IsObject, IsString, IsUUID, Length, MaxLength } from 'class-validator';
import type { SecondStep } from '../contracts/security-policy';
import { SECOND_STEPS } from '../domain/assurance';
import { TokensView } from './auth.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

/** The sign-in that a right password began. */
export class MfaTokenBody {
  /**
   * `mfaToken` of the answer to the sign-in.
   * @example mfa_4Jv1mZ0wqk9Yk2m3n4b5v6c7x8z9a0s1d2f3g4h5j6k
   */
  @Length(20, 200)
  @IsString()
  mfaToken: string;
}

export class VerifyFactorBody extends MfaTokenBody {
  /**
   * One of `methods` of the answer to the sign-in.
   * @example totp
   */
  @IsIn(SECOND_STEPS)
  method: SecondStep;

  /**
   * Code of an app, a message or the list of backup codes.
   * @example "755224"
   */
  @MayBeAbsent()
  @MaxLength(64)
  @IsString()
  code?: string;

  /** For `passkey`: what `navigator.credentials.get` gave for the options of the challenge, as JSON. */
  @MayBeAbsent()
  @IsObject()
  credential?: Record<string, unknown>;

  /** Do not ask on this device again, for as many days as the organization allows. */
  @MayBeAbsent()
  @IsBoolean()
  trustDevice?: boolean;
}

export class ChallengeFactorBody extends MfaTokenBody {
  /**
   * What to prepare: a code is sent, or a passkey gets its options.
   * @example sms
   */
  @IsIn(['sms', 'email', 'passkey'])
  method: 'sms' | 'email' | 'passkey';

  /** Which of several numbers. */
  @MayBeAbsent()
  @IsUUID()
  factorId?: string;
}

/** A code is on its way, or a passkey has its options. */
export class FactorChallengeView {
  /** @example sms */
  method: 'sms' | 'email' | 'passkey';
  /**
   * Where the code goes, as far as it may be shown.
   * @example •••• 78
   */
  sentTo?: string;
  /**
   * Seconds that the code lives.
   * @example 600
   */
  expiresIn?: number;
  /**
   * Seconds after which another one may be asked for.
   * @example 30
   */
  resendIn?: number;
  /**
   * How often it may be sent again.
   * @example 3
   */
  sendsLeft?: number;
  /** For `navigator.credentials.get`, as JSON. */
  options?: Record<string, unknown>;
}

/** A factor of which a sign-in may ask. */
export class FactorHintView {
  id: string;
  /** @example sms */
  method: SecondStep;
  /** @example Phone */
  name: string;
  /**
   * Where codes would go.
   * @example •••• 78
   */
  hint: string | null;
}

/** The password was right; a second factor is needed. */
export class SecondFactorView {
  /** @example true */
  mfaRequired: true;
  /**
   * Names this sign-in to `POST /auth/mfa/verify` and its neighbours: for this client alone, once, for ten minutes.
   * @example mfa_4Jv1mZ0wqk9Yk2m3n4b5v6c7x8z9a0s1d2f3g4h5j6k
   */
  mfaToken: string;
  /** @example 600 */
  expiresIn: number;
  /**
   * What may be sent next; while `enrolmentRequired`, what may be set up.
   * @example ["totp", "backup_code"]
   */
  methods: SecondStep[];
  /**
   * The organization demands a factor that you do not have: set it up with `POST /auth/mfa/enrolment`.
   * @example false
   */
  enrolmentRequired: boolean;
  factors: FactorHintView[];
}

export class StartEnrolmentBody extends MfaTokenBody {
  /**
   * One of `methods` of an answer with `enrolmentRequired`.
   * @example totp
   */
  @IsIn(['totp', 'sms', 'passkey'])
  method: 'totp' | 'sms' | 'passkey';

  /**
   * For `sms`: the number with its country code.
   * @example +4915112345678
   */
  @MayBeAbsent()
  @MaxLength(40)
  @IsString()
  phone?: string;

  /** A name for the factor. */
  @MayBeAbsent()
  @IsNotEmpty()
  @MaxLength(60)
  @IsString()
  name?: string;
}

/** What setting the factor up goes on with. */
export class EnrolmentView {
  /** @example totp */
  method: 'totp' | 'sms' | 'passkey';
  factorId?: string;
  /**
   * Base32, for typing into an app.
   * @example GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
   */
  secret?: string;
  /** The same for a QR code of your own. */
  otpauthUrl?: string;
  /** The same as a QR code: PNG in a data URI. */
  qr?: string;
  sentTo?: string;
  expiresIn?: number;
  resendIn?: number;
  sendsLeft?: number;
  /** For `navigator.credentials.create`, as JSON. */
  options?: Record<string, unknown>;
}

export class FinishEnrolmentBody extends MfaTokenBody {
  /** @example totp */
  @IsIn(['totp', 'sms', 'passkey'])
  method: 'totp' | 'sms' | 'passkey';

  /**
   * First code of the app, or the code that was sent.
   * @example "755224"
   */
  @MayBeAbsent()
  @MaxLength(64)
  @IsString()
  code?: string;

  /** For `passkey`: what `navigator.credentials.create` gave, as JSON. */
  @MayBeAbsent()
  @IsObject()
  credential?: Record<string, unknown>;

  @MayBeAbsent()
  @IsNotEmpty()
  @MaxLength(60)
  @IsString()
  name?: string;
}

/** Signed in, with a first factor. */
export class EnrolledTokensView extends TokensView {
  /** Ten codes that stand in for the factor, once each. Shown this once. */
  backupCodes: string[];
}
