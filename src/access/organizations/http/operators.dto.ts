import { IsIn, IsObject, IsOptional, IsString, Length, Matches, MaxLength, ValidateBy } from 'class-validator';
import { AnyOf, ListQuery } from '../../../kernel/http/pagination';
import { PLANS, RESOURCES, type Plan } from '../domain/plan.policy';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const STATUSES = ['active', 'suspended', 'closed'] as const;
type Status = (typeof STATUSES)[number];

export class ListOrganizationsParams extends ListQuery {
  /** Beginning of the slug, part of the name, an id or a domain. */
  @MayBeAbsent()
  @MaxLength(120)
  @IsString()
  q?: string;

  @AnyOf(STATUSES)
  status?: Status[];

  @AnyOf(PLANS)
  plan?: Plan[];
}

export class OrganizationSummaryView {
  id: string;
  /** @example north-wind */
  slug: string;
  /** @example North Wind */
  name: string;
  /** @example active */
  status: Status;
  /** @example basic */
  plan: Plan;
  /** @example 12 */
  members: number;
  createdAt: Date;
  suspendedAt: Date | null;
  deletesAt: Date | null;
}

export class OrganizationStandingView extends OrganizationSummaryView {
  suspensionReason: string | null;
}

export class SuspendOrganizationBody {
  /** @example Unpaid since May */
  @Matches(/\S/, { message: 'reason must say something' })
  @Length(3, 500)
  @IsString()
  reason: string;
}

const isLimits = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(
    ([name, limit]) =>
      Object.hasOwn(RESOURCES, name) && (limit === null || (Number.isSafeInteger(limit) && (limit as number) >= 0)),
  );

export class ChangePlanBody {
  /** @example professional */
  @IsIn(PLANS)
  plan: Plan;

  /**
   * For `custom` alone: most of each resource; null or absent is without limit.
   * @example {}
   */
  @IsOptional()
  @ValidateBy({
    name: 'limits',
    validator: {
      validate: isLimits,
      defaultMessage: () => `limits are whole numbers or null, by name: ${Object.keys(RESOURCES).join(', ')}`,
    },
  })
  @IsObject()
  limits?: Record<string, number | null>;
}

export class UsageRowView {
  /** @example products */
  resource: string;
  /** @example Products of the catalogue. */
  description: string;
  /** @example 17 */
  used: number;
  /**
   * Null: as much as you like.
   * @example 100
   */
  limit: number | null;
  /** @example 83 */
  remaining: number | null;
  /** Counted anew with each month (UTC). */
  monthly: boolean;
}

export class UsageView {
  /** @example free */
  plan: Plan;
  data: UsageRowView[];
}

export class RequestDeletionBody {
  /**
   * The slug of the organization, letter by letter.
   * @example north-wind
   */
  @MaxLength(63)
  @IsString()
  confirm: string;
}

export class OrganizationDeletionView {
  /** When the organization ends unless the wish is taken back. */
  deletesAt: Date;
}
