import { CommandBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { DecideReviewCommand } from '../commands/decide-review';
import { ReviewOverdue } from '../contracts/fraud-events';
import { ReviewRepository } from '../data/review.repository';
import { aboutReview } from '../domain/review';

/** Says that a review is still open when it should have been decided. */
@Timer({ name: 'fraud.review-due' })
export class ReviewDue implements Fires<{ reviewId: string }> {
  constructor(private readonly reviews: ReviewRepository) {}

  async fire({ reviewId }: { reviewId: string }, tx: Transaction): Promise<void> {
    const review = await this.reviews.lock(tx, reviewId);
    if (review?.state !== 'open') return;
    this.reviews.markOverdue(tx, reviewId);
    const times = { dueAt: review.dueAt.toISOString(), rejectAt: review.rejectAt.toISOString() };
    tx.record(new ReviewOverdue(reviewId, { ...aboutReview(review), ...times }));
  }
}

/** Rejects a review that nobody decided, before what is reserved lapses. */
@Timer({ name: 'fraud.reject-review-in-time' })
export class RejectReviewInTime implements Fires<{ reviewId: string }> {
  constructor(
    private readonly reviews: ReviewRepository,
    private readonly commands: CommandBus,
  ) {}

  async fire({ reviewId }: { reviewId: string }, tx: Transaction): Promise<void> {
    const review = await this.reviews.lock(tx, reviewId);
    if (review?.state !== 'open') return;
    await this.commands.execute(new DecideReviewCommand(reviewId, 'rejected', null, 'time'));
  }
}
