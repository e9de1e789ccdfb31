import { IsIn, IsObject, IsOptional, IsString, Length } from 'class-validator';
import { AnyOf, ListQuery } from '../../../kernel/http/pagination';
import { MEMBER_ROLES, type MemberRole } from '../contracts/roles';

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
  /** @example staff */
  @IsIn(MEMBER_ROLES)
  role: MemberRole;
}

export class ListMembersParams extends ListQuery {
  @AnyOf(MEMBER_ROLES)
  role?: MemberRole[];
}

export class MemberView {
  id: string;
  userId: string;
  /** @example staff */
  role: MemberRole;
  joinedAt: Date;
  /** @example ada@example.org */
  email: string | null;
  /** @example Ada Lovelace */
  name: string | null;
  /** @example true */
  emailVerified: boolean;
}
