import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { CORPORATE_ROLES, type ApprovalStep, type CorporateRole } from '../domain/corporate-approval.policy';
import { VISIBLE } from './teams.dto';
import { SEEN, IsCurrency, NEEDED, MOST, CorporateMoneyView } from './corporate-fields.dto';

export const SUBJECTS = ['order', 'expense'] as const;

export class ApprovalStepBody implements ApprovalStep {
  /**
   * Who is asked: people with this role, managers of the requester's department first.
   * @example manager
   */
  @MayBeAbsent()
  @IsIn(CORPORATE_ROLES)
  role?: CorporateRole;

  /** And these people of the account. */
  @MayBeAbsent()
  @IsUUID(undefined, { each: true })
  @ArrayUnique()
  @ArrayMaxSize(20)
  @ArrayMinSize(1)
  @IsArray()
  people?: string[];

  /** How many must agree: a number, or `all`. One refusal ends the approval. */
  @ApiProperty(NEEDED)
  @ValidateBy({
    name: 'needed',
    validator: {
      validate: (value) =>
        value === 'all' || (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 20),
      defaultMessage: () => 'needed must be a whole number from 1 to 20, or "all"',
    },
  })
  needed: 'all' | number;
}

export class AddRuleBody {
  /** @example Large orders */
  @Matches(VISIBLE, SEEN)
  @Length(1, 120)
  @IsString()
  name: string;

  /** @example order */
  @IsIn(SUBJECTS)
  subject: 'order' | 'expense';

  /**
   * More than this needs the approval: minor units.
   * @example 25000
   */
  @Max(MOST)
  @Min(0)
  @IsInt()
  above: number;

  /**
   * Default the account's; amounts of another currency never match the rule.
   * @example EUR
   */
  @MayBeAbsent()
  @IsCurrency()
  currency?: string;

  /** For these alone: ids of categories for orders, names for expenses. */
  @IsOptional()
  @MaxLength(80, { each: true })
  @IsString({ each: true })
  @ArrayMaxSize(50)
  @ArrayMinSize(1)
  @IsArray()
  categories?: string[] | null;

  /** For requesters with this role alone. */
  @IsOptional()
  @IsIn(CORPORATE_ROLES)
  requesterRole?: CorporateRole | null;

  /** For requesters of this department alone. */
  @IsOptional()
  @IsUUID()
  departmentId?: string | null;

  /**
   * One after the other; the people of one step decide side by side.
   * @example [{"role": "manager", "needed": 1}]
   */
  @ValidateNested({ each: true })
  @Type(() => ApprovalStepBody)
  @ArrayMaxSize(10)
  @ArrayMinSize(1)
  @IsArray()
  steps: ApprovalStepBody[];

  /**
   * Hours after which what nobody decided is not approved.
   * @example 72
   */
  @MayBeAbsent()
  @Max(720)
  @Min(1)
  @IsInt()
  expiresHours?: number;

  /** Hours after which managers and finance are asked too, any of whom may then decide a step alone. */
  @IsOptional()
  @Max(720)
  @Min(1)
  @IsInt()
  escalateHours?: number | null;
}

export class ApprovalStepView {
  /** @example manager */
  role?: CorporateRole;
  people?: string[];
  @ApiProperty(NEEDED)
  needed: 'all' | number;
}

export class ApprovalRuleView {
  id: string;
  /** @example Large orders */
  name: string;
  /** @example order */
  subject: 'order' | 'expense';
  above: CorporateMoneyView;
  categories: string[] | null;
  requesterRole: CorporateRole | null;
  departmentId: string | null;
  steps: ApprovalStepView[];
  /** @example 72 */
  expiresHours: number;
  escalateHours: number | null;
}
