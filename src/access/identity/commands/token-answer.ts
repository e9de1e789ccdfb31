import type { OrganizationFacts } from '../../organizations/contracts/create-organization';
import type { Membership } from '../../organizations/contracts/memberships-of-user';

/** What a client gets that signed in, refreshed or switched. */
export interface TokenAnswer {
  accessToken: string;
  refreshToken: string;
  /** Seconds that the access token lives. */
  expiresIn: number;
  tokenType: 'Bearer';
  /** The signed name of the device, at the beginning of a session; null later. */
  deviceToken: string | null;
  user: SignedInUser;
}

export interface SignedInUser {
  id: string;
  email: string;
  name: string;
  roles: string[];
  /** The organization that the tokens work in, or null. */
  organization: OrganizationFacts | null;
}

interface Person {
  id: string;
  email: string;
  name: string;
  platformRole: 'operator' | null;
}

/** The user as clients see it, with the roles that it has where it works. */
export const signedInUser = (
  { id, email, name, platformRole }: Person,
  membership: Membership | null,
): SignedInUser => ({
  id,
  email,
  name,
  roles: membership ? [membership.role] : platformRole ? [platformRole] : [],
  organization: membership?.organization ?? null,
});
