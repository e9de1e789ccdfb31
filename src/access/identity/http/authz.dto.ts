import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsIP,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import type { Condition } from '../../../kernel/auth/condition';
import { IsTime } from '../../../kernel/http/pagination';
import { SubjectBody, SubjectView } from './grants.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

export class ResourceBody {
  /** Id of the thing. */
  @MayBeAbsent()
  @MaxLength(64)
  @IsString()
  id?: string;

  /** User id of the one it belongs to. */
  @MayBeAbsent()
  @IsUUID()
  owner?: string;

  /** @example paid */
  @MayBeAbsent()
  @MaxLength(64)
  @IsString()
  state?: string;
}

export class CircumstancesBody {
  /** Absent: now. */
  @MayBeAbsent()
  @IsTime()
  at?: string;

  /** @example 192.0.2.7 */
  @MayBeAbsent()
  @IsIP()
  ip?: string;

  /** @example PT */
  @MayBeAbsent()
  @Matches(/^[A-Z]{2}$/, { message: 'country must be two capital letters (ISO 3166-1)' })
  country?: string;

  /** Assurance level of the sign-in. */
  @MayBeAbsent()
  @Max(3)
  @Min(0)
  @IsInt()
  aal?: number;

  /** Seconds since the sign-in or step-up. */
  @MayBeAbsent()
  @Max(31_536_000)
  @Min(0)
  @IsInt()
  authAgeSeconds?: number;

  @MayBeAbsent()
  @IsBoolean()
  deviceTrusted?: boolean;
}

export class ExplainBody {
  /** Whom to explain; absent: yourself. Others need `authz:explain`. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => SubjectBody)
  subject?: SubjectBody;

  /** @example orders:write */
  @MaxLength(80)
  @IsString()
  permission: string;

  /** The thing it is about, where grants may hang on it. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => ResourceBody)
  resource?: ResourceBody;

  /** What to suppose. About yourself the present request is taken, about others nothing is known but the time. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => CircumstancesBody)
  circumstances?: CircumstancesBody;
}

export class ExplainedGrantView {
  /** Null for the role that the member has in the organization. */
  id: string | null;
  subject: SubjectView | null;
  /** @example allow */
  effect: 'allow' | 'deny';
  /** @example staff */
  role: string | null;
  /** @example null */
  permission: string | null;
  /** @example null */
  resource: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, example: { aal: 2 } })
  condition: Condition | null;
  validFrom: Date | null;
  validTo: Date | null;
  /**
   * Roles from the granted one to the one that names the permission.
   * @example ["staff"]
   */
  path: string[];
  /** Whether it counts at this moment. */
  applies: boolean;
}

/** A member of a condition: each attribute has a type of its own. */
const ANY_VALUE = {
  oneOf: [
    { type: 'string' as const },
    { type: 'number' as const },
    { type: 'boolean' as const },
    { type: 'array' as const, items: { type: 'string' as const } },
    { type: 'object' as const, additionalProperties: true },
  ],
};

const ANY_VALUE_OR_NONE = {
  oneOf: [{ type: 'string' as const, nullable: true }, ...ANY_VALUE.oneOf.slice(1)],
};

export class FailedConditionView {
  grantId: string;
  /**
   * JSON pointer into the grant.
   * @example /condition/all/0/time
   */
  pointer: string;
  /** `unknown`: it cannot be told here, which allows nothing. */
  outcome: 'not_satisfied' | 'unknown';
  @ApiProperty({ description: 'What the grant asks for.', ...ANY_VALUE })
  wanted: unknown;
  @ApiProperty({ description: 'What was found; null where it is not known.', ...ANY_VALUE_OR_NONE })
  found: unknown;
}

export class ExplanationView {
  subject: SubjectView;
  /** @example orders:write */
  permission: string;
  /** The decision, as the guard would make it. */
  allowed: boolean;
  /**
   * `out_of_scope`: the API key was not made for it.
   * @example allowed
   */
  reason: 'allowed' | 'explicitly_denied' | 'not_granted' | 'conditions_failed' | 'out_of_scope';
  /** Everything that speaks of the permission. */
  grants: ExplainedGrantView[];
  /**
   * Roles by which the decision was come to.
   * @example ["night-shift", "staff"]
   */
  path: string[];
  /** What kept grants from counting. */
  failedConditions: FailedConditionView[];
}

export class CheckBody {
  /** @example orders:write */
  @MaxLength(80)
  @IsString()
  permission: string;

  @MayBeAbsent()
  @ValidateNested()
  @Type(() => ResourceBody)
  resource?: ResourceBody;
}

export class ChecksBody {
  @ApiProperty({ type: () => [CheckBody], maxItems: 100, example: [{ permission: 'orders:write' }] })
  @ValidateNested({ each: true })
  @Type(() => CheckBody)
  @ArrayMaxSize(100)
  @ArrayMinSize(1)
  @IsArray()
  checks: CheckBody[];
}

export class CheckedView {
  /** @example orders:write */
  permission: string;
  /** @example true */
  allowed: boolean;
}

export class ChecksView {
  /** One for each check, in their order. */
  results: CheckedView[];
}

export class PermissionView {
  /** @example orders:read */
  permission: string;
  /** @example orders */
  resource: string;
  /** @example read */
  action: string;
  /** @example Read every order of the shop and its sales reports. */
  description: string;
  /**
   * Roles of the product that have it.
   * @example ["owner", "admin", "staff"]
   */
  roles: string[];
}

export class PermissionsView {
  data: PermissionView[];
}

export class ReviewParams {
  /**
   * Who has this permission (`resource:*` too). This or `userId`, or both.
   * @example orders:write
   */
  @MayBeAbsent()
  @MaxLength(80)
  @IsString()
  permission?: string;

  /** What this user has. */
  @MayBeAbsent()
  @IsUUID()
  userId?: string;

  /** As it was at this time; absent: now. */
  @MayBeAbsent()
  @IsTime()
  at?: string;
}

export class AccessView {
  subject: SubjectView;
  /** @example orders:write */
  permission: string;
  /** @example allow */
  effect: 'allow' | 'deny';
  /** Null for the role that the member has in the organization. */
  grantId: string | null;
  /**
   * Roles from the given one to the one that names the permission.
   * @example ["staff"]
   */
  path: string[];
  /** @example null */
  resource: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, example: { aal: 2 } })
  condition: object | null;
  validFrom: Date | null;
  validTo: Date | null;
}

export class AccessReviewView {
  /** The instant that it is about. */
  at: Date;
  data: AccessView[];
  /** There was more: ask about less at once. */
  truncated: boolean;
}
