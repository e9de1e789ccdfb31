import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, ListQuery } from '../../../kernel/http/pagination';
import { SUBJECTS } from './corporate-rules.dto';
import { CorporateMoneyView } from './corporate-fields.dto';

const APPROVAL_STATUSES = ['pending', 'approved', 'rejected', 'expired', 'cancelled'] as const;

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
