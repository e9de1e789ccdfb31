import { IsBoolean, IsIn, IsNotEmpty, IsString, IsUUID, Length, MaxLength } from 'class-validator';
import type { MfaMode, SecondStep } from '../contracts/security-policy';
import type { FactorMethod } from '../domain/assurance';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

export class StartTotpBody {
  /**
   * A name for the app.
   * @example Phone
   */
  @MayBeAbsent()
  @IsNotEmpty()
  @MaxLength(60)
  @IsString()
  name?: string;
}

/** A new authenticator app; it counts after its first code. Shown once. */
export class TotpSetupView {
  factorId: string;
  /**
   * Base32, for typing into an app.
   * @example GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
   */
  secret: string;
  /** @example otpauth://totp/North%20Wind:ada%40example.org?issuer=North%20Wind&secret=GEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=6&period=30 */
  otpauthUrl: string;
  /** The same as a QR code: PNG in a data URI. */
  qr: string;
}

export class ConfirmFactorBody {
  /**
   * The first code.
   * @example "755224"
   */
  @Length(1, 64)
  @IsString()
  code: string;

  /**
   * End all your other sessions, in case one is not yours.
   * @example false
   */
  @MayBeAbsent()
  @IsBoolean()
  endOtherSessions?: boolean;
}

export class ConfirmTotpBody extends ConfirmFactorBody {
  /** The app, when several are being set up; else the newest. */
  @MayBeAbsent()
  @IsUUID()
  factorId?: string;
}

export class StartEmailFactorBody {
  /** Sends the code of this challenge again. */
  @MayBeAbsent()
  @IsUUID()
  challengeId?: string;
}

export class StartSmsFactorBody extends StartEmailFactorBody {
  /**
   * The number with its country code.
   * @example +4915112345678
   */
  @Length(5, 40)
  @IsString()
  phone: string;

  /**
   * A name for the number.
   * @example Phone
   */
  @MayBeAbsent()
  @IsNotEmpty()
  @MaxLength(60)
  @IsString()
  name?: string;
}

/** A code is on its way to the new number or address. */
export class CodeSentView {
  /** Name it when you confirm. */
  challengeId: string;
  /** @example •••• 78 */
  sentTo: string;
  /** @example 600 */
  expiresIn: number;
  /** @example 30 */
  resendIn: number;
  /** @example 3 */
  sendsLeft: number;
  /**
   * What to know before relying on it.
   * @example Text messages can be intercepted, and a number can be taken over. An authenticator app or a passkey is safer.
   */
  risk: string;
}

export class ConfirmCodeBody extends ConfirmFactorBody {
  /**
   * `challengeId` of the answer to the start.
   * @example 01890a5d-ac96-774b-bcce-b302099a8057
   */
  @IsUUID()
  challengeId: string;
}

/** A factor was added. */
export class FactorAddedView {
  factorId: string;
  /** Ten codes with the first factor, shown this once; none with a further one. */
  backupCodes: string[];
  /**
   * Other sessions of yours that are open. `endOtherSessions`, or `DELETE /sessions`, ends them.
   * @example 1
   */
  otherSessions: number;
}

export class BackupCodesView {
  /** Ten codes of 24 characters, each good once. Former ones are void. Shown this once. */
  backupCodes: string[];
}

export class RenameFactorBody {
  /** @example Work phone */
  @IsNotEmpty()
  @MaxLength(60)
  @IsString()
  name: string;
}

export class RemoveFactorQuery {
  /**
   * End all your other sessions too.
   * @example "false"
   */
  @MayBeAbsent()
  @IsIn(['true', 'false'])
  endOtherSessions?: 'true' | 'false';
}

export class FactorRemovedView {
  /** @example 0 */
  otherSessions: number;
}

/** A second factor of yours. */
export class FactorView {
  id: string;
  /** @example totp */
  method: FactorMethod;
  /** @example Phone */
  name: string;
  /**
   * End of the number of `sms`.
   * @example null
   */
  phoneHint: string | null;
  /**
   * A passkey that stays on one device (true) or may be copied to others of yours.
   * @example null
   */
  deviceBound: boolean | null;
  /**
   * A passkey that is backed up.
   * @example null
   */
  backedUp: boolean | null;
  /**
   * Host name that a passkey is for.
   * @example null
   */
  rpId: string | null;
  createdAt: Date;
  lastUsedAt: Date | null;
}

/** What your organization wants of factors. */
export class MfaPolicyView {
  /** @example optional */
  mode: MfaMode;
  /** @example ["totp", "sms", "email", "passkey", "backup_code"] */
  methods: SecondStep[];
  /** @example 0 */
  trustedDeviceDays: number;
}

/** How well this session is proven. */
export class AssuranceView {
  /**
   * Authenticator assurance level (NIST SP 800-63B-4).
   * @example 2
   */
  aal: number;
  /**
   * How (RFC 8176; `email` and `recovery` are ours).
   * @example ["pwd", "otp", "mfa"]
   */
  amr: string[];
  /** When last. */
  authTime: Date | null;
}

export class OwnFactorsView {
  factors: FactorView[];
  /** @example 10 */
  backupCodesLeft: number;
  policy: MfaPolicyView;
  assurance: AssuranceView;
}
