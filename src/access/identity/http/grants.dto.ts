import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDefined, IsIn, IsObject, IsString, IsUUID, Matches, MaxLength, ValidateNested } from 'class-validator';
import type { Condition } from '../../../kernel/auth/condition';
import { AnyOf, IsTime, ListQuery } from '../../../kernel/http/pagination';
import { SUBJECT_TYPES, type SubjectType } from '../domain/authorization';
import { ROLE_KEY } from '../domain/role';
import { GRANT_STATES, type GrantState } from '../queries/grants';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const CONDITION = {
  description:
    'A tree of `all`, `any` and `not` over: `time` {zone, from, to, days}, `ip` [CIDR], `country` [ISO 3166-1], `aal` (at least), ' +
    '`auth_age` (seconds, at most), `device_trusted`, `resource.owner` ["self" or user ids], `resource.state` [states]. ' +
    'What cannot be told at the moment of a decision allows nothing, and denies. At most 64 parts, 6 levels.',
  type: 'object' as const,
  additionalProperties: true,
  example: { all: [{ time: { zone: 'Europe/Lisbon', from: '08:00', to: '18:00', days: ['mon', 'fri'] } }, { aal: 1 }] },
};

export class SubjectBody {
  /** @example user */
  @IsIn(SUBJECT_TYPES)
  type: SubjectType;

  /** Of the user, team or API key. */
  @IsUUID()
  id: string;
}

export class CreateGrantBody {
  @IsDefined()
  @ValidateNested()
  @Type(() => SubjectBody)
  subject: SubjectBody;

  /** Key of a role; this or `permission`. */
  @MayBeAbsent()
  @Matches(ROLE_KEY, { message: 'role must be the key of a role, such as staff' })
  role?: string;

  /**
   * A permission, or `resource:*`; this or `role`.
   * @example orders:read
   */
  @MayBeAbsent()
  @MaxLength(80)
  @IsString()
  permission?: string;

  /**
   * An explicit `deny` wins over every `allow`.
   * @example allow
   */
  @IsIn(['allow', 'deny'])
  effect: 'allow' | 'deny';

  /** From this time on; absent: at once. */
  @MayBeAbsent()
  @IsTime()
  validFrom?: string;

  /** Until this time; absent: until it is revoked. */
  @MayBeAbsent()
  @IsTime()
  validTo?: string;

  @ApiPropertyOptional(CONDITION)
  @MayBeAbsent()
  @IsObject()
  condition?: Record<string, unknown>;

  /** About this one thing alone, as `<resource>/<id>` where the resource is that of the permission. */
  @MayBeAbsent()
  @Matches(/^[a-z][a-z-]{0,39}\/[\w-]{1,64}$/, {
    message: 'resource must be such as orders/0190…: the resource of a permission and an id',
  })
  resource?: string;

  /**
   * For whoever reviews access later.
   * @example Covers for Ana while she is away.
   */
  @MayBeAbsent()
  @MaxLength(500)
  @IsString()
  reason?: string;
}

export class ListGrantsParams extends ListQuery {
  @AnyOf(SUBJECT_TYPES)
  subjectType?: SubjectType[];

  @MayBeAbsent()
  @IsUUID()
  subjectId?: string;

  /** @example staff */
  @MayBeAbsent()
  @Matches(ROLE_KEY, { message: 'role must be the key of a role, such as staff' })
  role?: string;

  /** @example orders:read */
  @MayBeAbsent()
  @MaxLength(80)
  @IsString()
  permission?: string;

  @AnyOf(GRANT_STATES)
  state?: GrantState[];
}

export class SubjectView {
  @ApiProperty({ enum: SUBJECT_TYPES, example: 'user' })
  type: SubjectType;
  id: string;
}

export class GrantView {
  id: string;
  subject: SubjectView;
  /** @example staff */
  role: string | null;
  /** @example null */
  permission: string | null;
  /** @example allow */
  effect: 'allow' | 'deny';
  /** @example null */
  resource: string | null;
  @ApiProperty({ ...CONDITION, nullable: true })
  condition: Condition | null;
  validFrom: Date | null;
  validTo: Date | null;
  /** @example Covers for Ana while she is away. */
  reason: string;
  /** @example live */
  state: GrantState;
  /** The user who granted it; null for Mainstay itself. */
  createdBy: string | null;
  createdAt: Date;
  revokedBy: string | null;
  revokedAt: Date | null;
}
