import { IsBoolean, IsIn, IsNotEmpty, IsString, Length, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

/** Longest password that is read, in UTF-16 units; the policy counts code points and says more. */
export const PASSWORD_UNITS = 4000;

export class RegisterBody {
  /**
   * E-mail address; a link is mailed there.
   * @example ada@example.org
   */
  @Length(3, 254)
  @IsString()
  email: string;

  /**
   * At least 15 characters (an organization may ask for more); nothing is trimmed, folded or cut.
   * @example correct horse battery staple
   */
  @MaxLength(PASSWORD_UNITS)
  @IsString()
  password: string;

  /**
   * Name of the person.
   * @example Ada Lovelace
   */
  @IsNotEmpty()
  @MaxLength(120)
  @IsString()
  name: string;

  /**
   * Opens an organization of this name with you as owner. Without it you join the shop of `X-Tenant` as a customer.
   * @example North Wind
   */
  @MayBeAbsent()
  @Length(2, 120)
  @IsString()
  organizationName?: string;
}

/** Says the same for every address. */
export class RegisterView {
  /**
   * The address as it was sent.
   * @example ada@example.org
   */
  email: string;
  /**
   * What happens next: a mail says how to go on.
   * @example mail_sent
   */
  status: 'mail_sent';
}

export class ResendBody {
  /**
   * The address that was registered.
   * @example ada@example.org
   */
  @Length(3, 254)
  @IsString()
  email: string;
}

export class VerifyEmailView {
  /** @example ada@example.org */
  email: string;
  /** @example true */
  verified: true;
  /** The organization that was opened with it, or null. */
  organization: OrganizationView | null;
}

export class LoginBody {
  /** @example ada@example.org */
  @IsNotEmpty()
  @MaxLength(254)
  @IsString()
  email: string;

  /** @example correct horse battery staple */
  @IsNotEmpty()
  @MaxLength(PASSWORD_UNITS)
  @IsString()
  password: string;

  /**
   * Slug or id of the organization to work in. Without it: the shop of `X-Tenant`, else your first one.
   * @example north-wind
   */
  @MayBeAbsent()
  @Length(2, 63)
  @IsString()
  organization?: string;

  /**
   * `cookie` is for browsers: the tokens are kept in cookies that no script reads. Other routes that sign in take the
   * header `X-Session-Mode: cookie` for it.
   * @example bearer
   */
  @MayBeAbsent()
  @IsIn(['bearer', 'cookie'])
  mode?: 'bearer' | 'cookie';

  /**
   * False: the browser forgets the session at its end, and it lasts a day at most.
   * @example true
   */
  @MayBeAbsent()
  @IsBoolean()
  remember?: boolean;
}

export class SwitchBody {
  /**
   * Slug or id of one of your organizations.
   * @example north-wind
   */
  @Length(2, 63)
  @IsString()
  organization: string;
}

export class RefreshBody {
  /**
   * The refresh token of the last answer; it is used up. In cookie mode it is left away.
   * @example 4Jv1mZ0wqk9Yk2m3n4b5v6c7x8z9a0s1d2f3g4h5j6k
   */
  @MayBeAbsent()
  @IsNotEmpty()
  @MaxLength(200)
  @IsString()
  refreshToken?: string;
}

export class LogoutBody {
  /** Names the session when there is no access token any more. */
  @MayBeAbsent()
  @MaxLength(200)
  @IsString()
  refreshToken?: string;
}

export class OrganizationView {
  /** The tenant id. */
  id: string;
  /** @example north-wind */
  slug: string;
  /** @example North Wind */
  name: string;
}

export class SignedInUserView {
  id: string;
  /** @example ada@example.org */
  email: string;
  /** @example Ada Lovelace */
  name: string;
  /**
   * Roles where the tokens work.
   * @example ["owner"]
   */
  roles: string[];
  /** Where the tokens work, or null. */
  organization: OrganizationView | null;
}

export class TokensView {
  /** Send as `Authorization: Bearer`. Empty in cookie mode, where a cookie carries it. */
  accessToken: string;
  /** Give to `POST /auth/refresh` once; it is answered with its successor. Empty in cookie mode. */
  refreshToken: string;
  /**
   * Seconds that the access token lives.
   * @example 600
   */
  expiresIn: number;
  /** @example Bearer */
  tokenType: 'Bearer';
  /**
   * Signed name of this device, at a sign-in: keep it and send it as `X-Device` with the next one. Null at a refresh.
   */
  deviceToken: string | null;
  user: SignedInUserView;
}

export class MembershipView extends OrganizationView {
  /** @example owner */
  role: string;
}

export class ProfileView {
  id: string;
  /** @example ada@example.org */
  email: string;
  /** @example Ada Lovelace */
  name: string;
  /** @example true */
  emailVerified: boolean;
  /**
   * Language tag (BCP 47).
   * @example pt-PT
   */
  locale: string | null;
  /**
   * IANA time zone.
   * @example Europe/Lisbon
   */
  timeZone: string | null;
  /**
   * What clients keep for you.
   * @example {"theme": "dark"}
   */
  preferences: Record<string, unknown>;
  createdAt: Date;
  /** @example ["owner"] */
  roles: string[];
  /**
   * `resource:action`, `resource:*`, or `*` for everything in the organization.
   * @example ["*"]
   */
  permissions: string[];
  /** Where the token works, or null. */
  organization: OrganizationView | null;
  /** All that you may switch to. */
  organizations: MembershipView[];
}
