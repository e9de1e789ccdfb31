import { IsObject, IsOptional, IsString, Length, Matches } from 'class-validator';
import { AnyOfNames, ListQuery } from '../../../kernel/http/pagination';

/** Keys of roles: the product's (owner, admin, staff, …) and the organization's own. */
const ROLE_KEY = /^[a-z][a-z0-9-]{1,62}$/;

export class CreateOrganizationBody {
  /** @example North Wind */
  @Length(2, 120)
  @IsString()
  name: string;

  /**
   * Short name in addresses; made from the name when absent. Lower-case letters, digits and hyphens.
   * @example north-wind
   */
  @IsOptional()
  @Length(2, 63)
  @IsString()
  slug?: string;
}

export class ChangeOrganizationBody {
  /** @example North Wind */
  @IsOptional()
  @Length(2, 120)
  @IsString()
  name?: string;

  /**
   * Merged into the present settings, one level deep; null removes a setting.
   * @example {"currency": "EUR"}
   */
  @IsOptional()
  @IsObject()
  settings?: Record<string, unknown>;
}

export class OrganizationDetailsView {
  /** The tenant id. */
  id: string;
  /** @example north-wind */
  slug: string;
  /** @example North Wind */
  name: string;
  /** @example active */
  status: 'active' | 'suspended';
  /** @example {"currency": "EUR"} */
  settings: Record<string, unknown>;
  createdAt: Date;
}

export class CreatedOrganizationView {
  /** The tenant id. */
  id: string;
  /** @example north-wind */
  slug: string;
  /** @example North Wind */
  name: string;
}

export class ChangeMemberBody {
  /**
   * Key of a role of the product or of the organization.
   * @example staff
   */
  @Matches(ROLE_KEY, { message: 'role must be the key of a role, such as staff' })
  role: string;
}

export class ListMembersParams extends ListQuery {
  @AnyOfNames(ROLE_KEY, 'staff')
  role?: string[];
}

export class MemberView {
  id: string;
  userId: string;
  /** @example staff */
  role: string;
  joinedAt: Date;
  /** @example ada@example.org */
  email: string | null;
  /** @example Ada Lovelace */
  name: string | null;
  /** @example true */
  emailVerified: boolean;
}
