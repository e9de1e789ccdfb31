import { IsIn, IsInt, IsOptional, IsString, IsUUID, Length, Matches, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { VISIBLE } from './teams.dto';
import { ApprovalRuleView } from './corporate-rules.dto';
import { SEEN, IsCurrency, MOST, CorporateMoneyView } from './corporate-fields.dto';

const ACCOUNT_KINDS = ['customer', 'own'] as const;

const ACCOUNT_STATUSES = ['active', 'suspended'] as const;

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

export class AccountDetailsView extends AccountSummaryView {
  departments: DepartmentView[];
  rules: ApprovalRuleView[];
}

export class MadeView {
  id: string;
}
