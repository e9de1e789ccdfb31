import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, ListQuery } from '../../../kernel/http/pagination';
import { VISIBLE } from './teams.dto';
import { SEEN, IsCurrency, MOST, CorporateMoneyView } from './corporate-fields.dto';

const EXPENSE_STATUSES = ['submitted', 'approved', 'rejected', 'expired', 'reimbursed'] as const;

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
