import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsNotEmpty,
  IsString,
  IsUUID,
  Length,
  Matches,
  MaxLength,
  ValidateIf,
} from 'class-validator';
import { AnyOf, ListQuery } from '../../../kernel/http/pagination';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const STATUSES = ['active', 'suspended'] as const;
const ACTIONS = ['suspend', 'resume', 'unlock', 'ask_new_password', 'assign_roles'] as const;
const ROLE_KEY = /^[a-z][a-z0-9-]{1,62}$/;

export class ListUsersParams extends ListQuery {
  /**
   * Part of a name, or the beginning of an address.
   * @example ada
   */
  @MayBeAbsent()
  @Length(2, 100)
  @IsString()
  q?: string;

  /**
   * Key of the role as a member.
   * @example staff
   */
  @MayBeAbsent()
  @Matches(ROLE_KEY)
  @IsString()
  role?: string;

  @AnyOf(STATUSES)
  status?: (typeof STATUSES)[number][];
}

export class UserView {
  id: string;
  memberId: string;
  /** @example ada@example.org */
  email: string;
  /** @example Ada Lovelace */
  name: string;
  /** @example true */
  emailVerified: boolean;
  /** @example staff */
  role: string;
  /**
   * Of the membership.
   * @example active
   */
  status: (typeof STATUSES)[number];
  /**
   * False for an account that its owner or an operator closed.
   * @example true
   */
  accountOpen: boolean;
  /**
   * A second factor stands beside the password.
   * @example false
   */
  mfa: boolean;
  /**
   * Tries to sign in must wait just now.
   * @example false
   */
  locked: boolean;
  joinedAt: Date;
  /** In this organization. */
  lastSignInAt: Date | null;
}

export class CreateUserBody {
  /** @example grace@example.org */
  @Length(3, 254)
  @IsString()
  email: string;

  /** @example Grace Hopper */
  @IsNotEmpty()
  @MaxLength(120)
  @IsString()
  name: string;

  /**
   * Key of the role as a member.
   * @example staff
   */
  @Matches(ROLE_KEY)
  @IsString()
  role: string;
}

export class InvitedUserView {
  /**
   * The address as it was sent.
   * @example grace@example.org
   */
  email: string;
  /** @example mail_sent */
  status: 'mail_sent';
}

export class UnlockedView {
  /**
   * So many tries failed in a row that only a known device or a new password still admits.
   * @example false
   */
  closed: boolean;
}

export class AssignRolesBody {
  /**
   * All roles that the person shall have; the first one, or the present one among them, is that of the membership.
   * @example ["staff"]
   */
  @Matches(ROLE_KEY, { each: true })
  @ArrayMaxSize(20)
  @ArrayMinSize(1)
  @IsArray()
  roles: string[];
}

export class UserRolesView {
  userId: string;
  /** @example ["staff"] */
  roles: string[];
}

export class ManyUsersBody {
  /** @example unlock */
  @IsIn(ACTIONS)
  action: (typeof ACTIONS)[number];

  /** @example ["01a1fc8c-80ca-75ae-b108-8b490f37f9fa"] */
  @IsUUID(undefined, { each: true })
  @ArrayMaxSize(100)
  @ArrayMinSize(1)
  @IsArray()
  userIds: string[];

  /**
   * With `assign_roles` alone.
   * @example ["staff"]
   */
  @ValidateIf(({ action, roles }: ManyUsersBody) => action === 'assign_roles' || roles !== undefined)
  @Matches(ROLE_KEY, { each: true })
  @ArrayMaxSize(20)
  @ArrayMinSize(1)
  @IsArray()
  roles?: string[];
}

export class BulkResultView {
  userId: string;
  /** @example done */
  status: 'done' | 'refused';
  /** Code of the problem, of a refusal. */
  code: string | null;
  detail: string | null;
}

export class BulkView {
  /** In the order in which the people were named. */
  results: BulkResultView[];
  /** @example 1 */
  done: number;
  /** @example 0 */
  refused: number;
}
