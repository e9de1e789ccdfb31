import { IsEmail, Matches, MaxLength } from 'class-validator';
import { AnyOf, ListQuery } from '../../../kernel/http/pagination';

/** Keys of roles: the product's (owner, admin, staff, …) and the organization's own. */
const ROLE_KEY = /^[a-z][a-z0-9-]{1,62}$/;
const STATUSES = ['pending', 'accepted', 'revoked', 'expired'] as const;

export class InviteBody {
  /** @example grace@example.org */
  @IsEmail()
  @MaxLength(254)
  email: string;

  /**
   * Key of a role of the product or of the organization.
   * @example staff
   */
  @Matches(ROLE_KEY, { message: 'role must be the key of a role, such as staff' })
  role: string;
}

export class ListInvitationsParams extends ListQuery {
  @AnyOf(STATUSES)
  status?: (typeof STATUSES)[number][];
}

export class InvitationView {
  id: string;
  /** @example grace@example.org */
  email: string;
  /** @example staff */
  role: string;
  /** @example pending */
  status: 'pending' | 'accepted' | 'revoked' | 'expired';
  /** Id of the user who invited. */
  invitedBy: string | null;
  /**
   * Mails so far.
   * @example 1
   */
  sends: number;
  createdAt: Date;
  sentAt: Date;
  expiresAt: Date;
  /** Id of the user who accepted. */
  acceptedBy: string | null;
}

export class TransferOwnershipBody {
  /**
   * Key of the role that you have from then on.
   * @example admin
   */
  @Matches(/^(?!owner$)[a-z][a-z0-9-]{1,62}$/, { message: 'becomes must be the key of a role other than owner' })
  becomes: string;
}
