import { Query } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';

/** Why an order must wait, and until when somebody may decide. */
export interface OrderApprovalNeed {
  accountId: string;
  /** The corporate user who orders. */
  requesterId: string;
  /** Null where the account's default holds. */
  ruleId: string | null;
  expiresAt: Date;
}

/**
 * Must an order of this user wait for an approval? Null for people who buy for no company, and below every limit.
 * @throws AppError conflict `organizations.no-approver` where nobody could give the approval that is needed
 */
export class OrderApprovalQuery extends Query<OrderApprovalNeed | null> {
  constructor(readonly order: { userId: string; total: Money; categoryIds: readonly string[] }) {
    super();
  }
}
