import { IsBoolean, IsNotEmpty, IsObject, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import { SIGN_IN_RESULTS, type SignInResult } from '../domain/sign-in-result';
import { PASSWORD_UNITS } from './auth.dto';

export class ForgotPasswordBody {
  /**
   * Address of the account.
   * @example ada@example.org
   */
  @Length(3, 254)
  @IsString()
  email: string;
}

/** The token of a mail's link. */
export class LinkBody {
  /**
   * The last part of the link in the mail.
   * @example 8Ywq4mTz0kBv1nXc7sLr2dPf9hJg6aQe
   */
  @IsNotEmpty()
  @MaxLength(200)
  @IsString()
  token: string;
}

export class ResetPasswordBody extends LinkBody {
  /**
   * The new password; it is not trimmed, folded or cut.
   * @example correct horse battery staple
   */
  @MaxLength(PASSWORD_UNITS)
  @IsString()
  password: string;
}

export class ChangePasswordBody {
  /** @example correct horse battery staple */
  @IsNotEmpty()
  @MaxLength(PASSWORD_UNITS)
  @IsString()
  currentPassword: string;

  /** @example seven quiet boats at anchor */
  @MaxLength(PASSWORD_UNITS)
  @IsString()
  newPassword: string;

  /**
   * Ends all sessions but this one; the default.
   * @example true
   */
  @MayBeAbsent()
  @IsBoolean()
  endOtherSessions?: boolean;
}

/** The password, proven once more. */
export class ProofBody {
  /** @example correct horse battery staple */
  @IsNotEmpty()
  @MaxLength(PASSWORD_UNITS)
  @IsString()
  password: string;
}

export class EmailChangeBody extends ProofBody {
  /**
   * The new address; a link is mailed there.
   * @example ada@example.net
   */
  @Length(3, 254)
  @IsString()
  email: string;
}

export class AddressView {
  /**
   * The address of the account.
   * @example ada@example.net
   */
  email: string;
}

export class DeletionView {
  /** When the account is deleted, unless the link in the mail keeps it. */
  deletionDueAt: Date;
}

export class ChangeProfileBody {
  /** @example Ada Lovelace */
  @MayBeAbsent()
  @IsNotEmpty()
  @MaxLength(120)
  @IsString()
  name?: string;

  /**
   * Language tag (BCP 47); null: not said.
   * @example pt-PT
   */
  @IsOptional()
  @Length(2, 35)
  @IsString()
  locale?: string | null;

  /**
   * IANA time zone; null: not said.
   * @example Europe/Lisbon
   */
  @IsOptional()
  @Length(3, 60)
  @IsString()
  timeZone?: string | null;

  /**
   * Merged into the present preferences, one level deep; null removes a name. At most 8 KB in all.
   * @example {"theme": "dark"}
   */
  @MayBeAbsent()
  @IsObject()
  preferences?: Record<string, unknown>;
}

export class VerifyTokenBody {
  /**
   * An access token; without it that of the Authorization field.
   * @example eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln
   */
  @MayBeAbsent()
  @MaxLength(8_192)
  @IsString()
  token?: string;
}

/** Claims of an access token. */
export class ClaimsView {
  /** @example mainstay */
  iss: string;
  /** @example mainstay-api */
  aud: string;
  /** The user. */
  sub: string;
  /** The organization that it works in. */
  tid?: string;
  /** The session. */
  sid: string;
  /**
   * Version of the session.
   * @example 0
   */
  sv: number;
  jti: string;
  /** @example 1764000000 */
  iat: number;
  /** @example 1764000600 */
  exp: number;
  /**
   * Assurance level of the sign-in.
   * @example aal1
   */
  acr?: string;
  /** @example ["pwd"] */
  amr?: string[];
}

export class TokenStateView {
  /**
   * The token would be accepted now.
   * @example false
   */
  active: boolean;
  /** What it says, while it is accepted. */
  claims: ClaimsView | null;
}

export class LoginHistoryParams extends ListQuery {
  @AnyOf(SIGN_IN_RESULTS)
  result?: SignInResult[];

  @TimeRangeFilter()
  at?: TimeRange;
}

export class LoginPlaceView {
  /**
   * ISO 3166-1 alpha-2.
   * @example PT
   */
  country: string;
  /** @example Portugal */
  name: string;
}

export class LoginDeviceView {
  id: string | null;
  /** @example Firefox on Linux */
  name: string;
}

export class LoginAttemptView {
  id: string;
  at: Date;
  /** @example success */
  result: SignInResult;
  /**
   * How it was proven (RFC 8176).
   * @example ["pwd"]
   */
  amr: string[];
  /** @example 192.0.2.7 */
  ip: string | null;
  place: LoginPlaceView | null;
  device: LoginDeviceView;
  /** The session that began, of a success. */
  sessionId: string | null;
}
