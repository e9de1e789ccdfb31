import { Type } from 'class-transformer';
import { IsObject, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { AnyOf, AnyOfNames, ListQuery } from '../../../kernel/http/pagination';
import { SettingsBody, SettingsView } from './settings.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

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
  @MayBeAbsent()
  @Length(2, 63)
  @IsString()
  slug?: string;
}

export class ChangeOrganizationBody {
  /** @example North Wind */
  @MayBeAbsent()
  @Length(2, 120)
  @IsString()
  name?: string;

  /** Merged into the present settings, one level deep; null removes a setting. */
  @MayBeAbsent()
  @ValidateNested()
  @IsObject()
  @Type(() => SettingsBody)
  settings?: SettingsBody;
}

export class OrganizationDetailsView {
  /** The tenant id. */
  id: string;
  /** @example north-wind */
  slug: string;
  /** @example North Wind */
  name: string;
  /** @example active */
  status: 'active' | 'suspended' | 'closed';
  /** @example enterprise */
  plan: 'free' | 'basic' | 'professional' | 'enterprise' | 'custom';
  settings: SettingsView;
  createdAt: Date;
  /** When it ends, where its owner asked for that. */
  deletesAt: Date | null;
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
  /** Part of the name or address. */
  @MayBeAbsent()
  @Length(2, 120)
  @IsString()
  q?: string;

  @AnyOf(['active', 'suspended'] as const)
  status?: ('active' | 'suspended')[];

  @AnyOfNames(ROLE_KEY, 'staff')
  role?: string[];
}

export class MemberView {
  id: string;
  userId: string;
  /** @example staff */
  role: string;
  /** @example active */
  status: 'active' | 'suspended';
  joinedAt: Date;
  /** @example ada@example.org */
  email: string | null;
  /** @example Ada Lovelace */
  name: string | null;
  /** @example true */
  emailVerified: boolean;
}
