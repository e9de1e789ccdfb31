import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { Realtime } from '../../../kernel/realtime/realtime';
import { ReviewOpened, ReviewOverdue } from '../contracts/fraud-events';

/** Shows the shop's staff, where they are looking, that a payment waits for a decision. */
@Reaction({ name: 'fraud.push-when-review-opened', on: ReviewOpened })
export class PushWhenReviewOpened implements Reacts<ReviewOpened> {
  constructor(private readonly realtime: Realtime) {}

  async react({ tenantId, payload }: StoredEvent<ReviewOpened>, tx: Transaction): Promise<void> {
    const { reviewId, payable, amount, score, dueAt } = payload;
    const told = { reviewId, payable, amount, score, dueAt, status: 'open' };
    tx.afterCommit(() => this.realtime.toStaff(tenantId, 'fraud.review-opened', told));
  }
}

@Reaction({ name: 'fraud.push-when-review-overdue', on: ReviewOverdue })
export class PushWhenReviewOverdue implements Reacts<ReviewOverdue> {
  constructor(private readonly realtime: Realtime) {}

  async react({ tenantId, payload }: StoredEvent<ReviewOverdue>, tx: Transaction): Promise<void> {
    const { reviewId, payable, amount, score, dueAt, rejectAt } = payload;
    const told = { reviewId, payable, amount, score, dueAt, rejectAt, status: 'open' };
    tx.afterCommit(() => this.realtime.toStaff(tenantId, 'fraud.review-overdue', told));
  }
}
