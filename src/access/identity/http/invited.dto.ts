import { IsString, Length, Matches, MaxLength } from 'class-validator';

const TOKEN = { message: 'token must be the token of an invitation, from its mail' };

export class AcceptInvitationBody {
  /**
   * From the mail: the last part of its link.
   * @example AZqr8kYDfCKeUo3hYV0xTQ2m1rE4o8w6nq0mJp1T7bC9dXfGhK3vLs
   */
  @Matches(/^[\w-]{20,100}$/, TOKEN)
  @IsString()
  token: string;
}

export class RegisterInvitedBody extends AcceptInvitationBody {
  /** @example Grace Hopper */
  @Length(1, 120)
  @IsString()
  name: string;

  /** @example a long walk by the harbour */
  @MaxLength(1024)
  @IsString()
  password: string;
}

export class JoinedOrganizationView {
  /** The tenant id. */
  id: string;
  /** @example north-wind */
  slug: string;
  /** @example North Wind */
  name: string;
}

export class JoinedView {
  organization: JoinedOrganizationView;
  memberId: string;
  /** @example staff */
  role: string;
}

export class RegisteredInvitedView extends JoinedView {
  /** @example grace@example.org */
  email: string;
}

export class InvitedView {
  id: string;
  organization: JoinedOrganizationView;
  /** @example grace@example.org */
  email: string;
  /** @example staff */
  role: string;
  expiresAt: string;
  /** Sign in to accept; otherwise register by the invitation. */
  hasAccount: boolean;
}
