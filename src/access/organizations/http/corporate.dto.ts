import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
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
import { AnyOf, IsTime, ListQuery } from '../../../kernel/http/pagination';
import { isCurrency } from '../../../kernel/money/currencies';
import { CORPORATE_ROLES, type ApprovalStep, type CorporateRole } from '../domain/corporate-approval.policy';
import { VISIBLE } from './teams.dto';

const SEEN = { message: '$property must show at least one letter or digit, and no control characters' };
const IsCurrency = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCurrency',
    validator: { validate: isCurrency, defaultMessage: () => 'currency must be an ISO 4217 code such as EUR' },
  });
const NEEDED: ApiPropertyOptions = {
  oneOf: [
    { type: 'integer', minimum: 1, maximum: 20 },
    { type: 'string', enum: ['all'] },
  ],
  example: 1,
};
const MOST = 1_000_000_000_000;
const SUBJECTS = ['order', 'expense'] as const;
const ACCOUNT_KINDS = ['customer', 'own'] as const;
const ACCOUNT_STATUSES = ['active', 'suspended'] as const;

export class CorporateMoneyView {
  /**
   * Minor units.
   * @example 25000
   */
  amount: number;
  /** @example EUR */
  currency: string;
}

export class OpenAccountBody {
  /** @example Baltic Imports */
  @Matches(VISIBLE, SEEN)
  @Length(2, 120)
  @IsString()
  name: string;

  /**
   * `own`: the company of the shop itself.
   * @example customer
   */
  @MayBeAbsent()
  @IsIn(ACCOUNT_KINDS)
  kind?: 'customer' | 'own';

  /** @example EUR */
  @IsCurrency()
  currency: string;
}

export class ChangeAccountBody {
  /** @example Baltic Imports Ltd */
  @MayBeAbsent()
  @Matches(VISIBLE, SEEN)
  @Length(2, 120)
  @IsString()
  name?: string;

  /**
   * A suspended account's people decide and submit nothing, and order for themselves alone.
   * @example active
   */
  @MayBeAbsent()
  @IsIn(ACCOUNT_STATUSES)
  status?: 'active' | 'suspended';
}

export class AccountSummaryView {
  id: string;
  /** @example Baltic Imports */
  name: string;
  /** @example customer */
  kind: 'customer' | 'own';
  /** @example EUR */
  currency: string;
  /** @example active */
  status: 'active' | 'suspended';
  /** @example 12 */
  people: number;
  createdAt: Date;
}

export class DepartmentBody {
  /** @example Purchasing */
  @Matches(VISIBLE, SEEN)
  @Length(1, 120)
  @IsString()
  name: string;

  /** The department that it lies beneath. */
  @IsOptional()
  @IsUUID()
  parentId?: string | null;

  /** @example CC-4100 */
  @IsOptional()
  @Matches(/^[\w./-]{1,40}$/, { message: 'costCenter must be letters, digits and . / - _, at most 40' })
  @IsString()
  costCenter?: string | null;

  /**
   * Minor units of the account's currency.
   * @example 500000
   */
  @IsOptional()
  @Max(MOST)
  @Min(0)
  @IsInt()
  monthlyBudget?: number | null;
}

export class ChangeDepartmentBody {
  /** @example Purchasing North */
  @MayBeAbsent()
  @Matches(VISIBLE, SEEN)
  @Length(1, 120)
  @IsString()
  name?: string;

  /** The department that it lies beneath. */
  @IsOptional()
  @IsUUID()
  parentId?: string | null;

  /** @example CC-4200 */
  @IsOptional()
  @Matches(/^[\w./-]{1,40}$/, { message: 'costCenter must be letters, digits and . / - _, at most 40' })
  @IsString()
  costCenter?: string | null;

  /** @example 600000 */
  @IsOptional()
  @Max(MOST)
  @Min(0)
  @IsInt()
  monthlyBudget?: number | null;
}

export class DepartmentView {
  id: string;
  parentId: string | null;
  /** @example Purchasing */
  name: string;
  /** @example CC-4100 */
  costCenter: string | null;
  monthlyBudget: CorporateMoneyView | null;
  /** Approved and reimbursed expenses and approved orders of this month (UTC). */
  spentThisMonth: CorporateMoneyView;
}

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

export class AccountDetailsView extends AccountSummaryView {
  departments: DepartmentView[];
  rules: ApprovalRuleView[];
}

export class MadeView {
  id: string;
}

const IsRoles = (): PropertyDecorator => (target, key) => {
  for (const decorate of [IsIn(CORPORATE_ROLES, { each: true }), ArrayUnique(), ArrayMinSize(1), IsArray()])
    decorate(target, key);
};

export class AddPersonBody {
  /** Id of a member's user. */
  @IsUUID()
  userId: string;

  /** @example ["buyer"] */
  @IsRoles()
  roles: CorporateRole[];

  @IsOptional()
  @IsUUID()
  departmentId?: string | null;
}

export class ChangePersonBody {
  /** @example ["buyer", "approver"] */
  @MayBeAbsent()
  @IsRoles()
  roles?: CorporateRole[];

  @IsOptional()
  @IsUUID()
  departmentId?: string | null;

  /** @example true */
  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;
}

export class DelegationView {
  /** Id of the person who decides meanwhile. */
  to: string;
  from: Date;
  until: Date;
}

export class CorporatePersonView {
  id: string;
  userId: string;
  /** @example Grace Hopper */
  name: string | null;
  /** @example grace@example.org */
  email: string | null;
  /** @example ["buyer"] */
  roles: CorporateRole[];
  departmentId: string | null;
  active: boolean;
  delegation: DelegationView | null;
}

export class OwnPlaceView extends CorporatePersonView {
  accountId: string;
}

export class DelegateBody {
  /** Id of a person of the same account. */
  @IsUUID()
  to: string;

  /** @example 2026-03-01T00:00:00Z */
  @IsTime()
  from: string;

  /** @example 2026-03-08T00:00:00Z */
  @IsTime()
  until: string;
}

const APPROVAL_STATUSES = ['pending', 'approved', 'rejected', 'expired', 'cancelled'] as const;
const EXPENSE_STATUSES = ['submitted', 'approved', 'rejected', 'expired', 'reimbursed'] as const;
const ToBoolean = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));

export class ListApprovalsParams extends ListQuery {
  /** Only what waits for you now. */
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  mine?: boolean;

  @AnyOf(APPROVAL_STATUSES)
  status?: (typeof APPROVAL_STATUSES)[number][];

  @MayBeAbsent()
  @IsIn(SUBJECTS)
  subject?: 'order' | 'expense';

  @MayBeAbsent()
  @IsUUID()
  accountId?: string;
}

export class DecisionBody {
  /**
   * Told to who asked.
   * @example Fits the budget
   */
  @IsOptional()
  @MaxLength(1000)
  @IsString()
  comment?: string | null;
}

export class ApprovalTaskView {
  /** @example 0 */
  step: number;
  personId: string;
  userId: string;
  /** @example open */
  status: 'open' | 'approved' | 'rejected' | 'skipped';
  escalated: boolean;
  /** Id of the person who decided, perhaps as a stand-in. */
  decidedBy: string | null;
  decidedAt: Date | null;
  comment: string | null;
}

export class ApprovalView {
  id: string;
  accountId: string;
  /** @example order */
  subject: 'order' | 'expense';
  subjectId: string;
  /** @example Order 1004 */
  reference: string;
  amount: CorporateMoneyView;
  /** @example pending */
  status: (typeof APPROVAL_STATUSES)[number];
  requesterUserId: string;
  /**
   * Counted from 0.
   * @example 0
   */
  step: number;
  /** @example 2 */
  steps: number;
  tasks: ApprovalTaskView[];
  expiresAt: Date;
  escalatedAt: Date | null;
  decidedAt: Date | null;
  comment: string | null;
  createdAt: Date;
}

export class ExpenseLineBody {
  /** @example Taxi to the harbour */
  @Matches(VISIBLE, SEEN)
  @Length(1, 200)
  @IsString()
  description: string;

  /** @example travel */
  @Matches(VISIBLE, SEEN)
  @Length(1, 80)
  @IsString()
  category: string;

  /**
   * Minor units.
   * @example 2350
   */
  @Max(MOST)
  @Min(1)
  @IsInt()
  amount: number;

  /** @example 2026-02-27 */
  @ValidateBy({
    name: 'day',
    validator: {
      validate: (value) =>
        typeof value === 'string' &&
        /^\d{4}-\d{2}-\d{2}$/.test(value) &&
        !Number.isNaN(Date.parse(`${value}T00:00:00Z`)),
      defaultMessage: () => 'spentOn must be a day such as 2026-02-27',
    },
  })
  spentOn: string;
}

export class SubmitExpenseBody {
  /** @example Trip to the supplier */
  @Matches(VISIBLE, SEEN)
  @Length(1, 200)
  @IsString()
  title: string;

  /**
   * Default the account's.
   * @example EUR
   */
  @MayBeAbsent()
  @IsCurrency()
  currency?: string;

  @ValidateNested({ each: true })
  @Type(() => ExpenseLineBody)
  @ArrayMaxSize(100)
  @ArrayMinSize(1)
  @IsArray()
  lines: ExpenseLineBody[];

  /** Default the own one. */
  @IsOptional()
  @IsUUID()
  departmentId?: string | null;

  /** Default the department's. */
  @IsOptional()
  @Matches(/^[\w./-]{1,40}$/, { message: 'costCenter must be letters, digits and . / - _, at most 40' })
  @IsString()
  costCenter?: string | null;

  /**
   * Reference of the receipt's file.
   * @example receipts/2026-02-27-taxi.pdf
   */
  @IsOptional()
  @Matches(/^[\w./ -]{1,200}$/, { message: 'receiptFile must be the reference of a file' })
  @IsString()
  receiptFile?: string | null;
}

export class ListExpensesParams extends ListQuery {
  @AnyOf(EXPENSE_STATUSES)
  status?: (typeof EXPENSE_STATUSES)[number][];

  @MayBeAbsent()
  @IsUUID()
  accountId?: string;

  @MayBeAbsent()
  @IsUUID()
  departmentId?: string;
}

export class ExpenseLineView {
  /** @example Taxi to the harbour */
  description: string;
  /** @example travel */
  category: string;
  amount: CorporateMoneyView;
  /** @example 2026-02-27 */
  spentOn: string;
}

export class ExpenseView {
  id: string;
  accountId: string;
  userId: string;
  departmentId: string | null;
  /** @example CC-4100 */
  costCenter: string | null;
  /** @example Trip to the supplier */
  title: string;
  total: CorporateMoneyView;
  lines: ExpenseLineView[];
  receiptFile: string | null;
  /** @example submitted */
  status: (typeof EXPENSE_STATUSES)[number];
  approvalId: string | null;
  reimbursedAt: Date | null;
  reimbursementReference: string | null;
  createdAt: Date;
}

export class ReimburseBody {
  /**
   * How it was paid back: the transfer's or payroll's reference.
   * @example SEPA 2026-03-02/17
   */
  @Matches(VISIBLE, SEEN)
  @Length(1, 120)
  @IsString()
  reference: string;
}
