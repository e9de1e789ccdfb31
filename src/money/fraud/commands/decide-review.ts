import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { PaymentCleared, PaymentRejected } from '../contracts/fraud-events';
import { AssessmentRepository } from '../data/assessment.repository';
import { ReviewRepository } from '../data/review.repository';
import { reviewNotFound } from '../domain/fraud.errors';
import { aboutReview, end } from '../domain/review';
import { FindReviewQuery, type ReviewDetails } from '../queries/reviews';

/**
 * Decides an open review. Approved, the payment is captured as the shop wants it; rejected, it is let go and what it was to
 * pay for is cancelled; both by payments and orders, which hear of it.
 * @throws AppError not-found `fraud.review-not-found`, conflict `fraud.review-decided`
 */
export class DecideReviewCommand extends Command<ReviewDetails> {
  constructor(
    readonly reviewId: string,
    readonly decision: 'approved' | 'rejected',
    readonly note: string | null,
    /** `time`: nobody decided in time. */
    readonly how: 'person' | 'time' = 'person',
  ) {
    super();
  }
}

@CommandHandler(DecideReviewCommand)
export class DecideReviewHandler implements ICommandHandler<DecideReviewCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly reviews: ReviewRepository,
    private readonly assessments: AssessmentRepository,
  ) {}

  execute({ reviewId, decision, note, how }: DecideReviewCommand): Promise<ReviewDetails> {
    return this.uow.run(async (tx) => {
      const open = await this.reviews.lock(tx, reviewId);
      if (!open) throw reviewNotFound();
      const review = end(open, decision);
      const by = how === 'person' ? currentContext().principal.userId : null;
      this.reviews.decide(tx, review, how, by, note);
      // Time tells nothing of the shopper.
      const label = decision === 'approved' ? 'legitimate' : 'fraud';
      if (how === 'person') this.assessments.label(tx, { id: review.assessmentId }, label, 'review');
      const about = aboutReview(review);
      tx.record(
        decision === 'approved'
          ? new PaymentCleared(review.assessmentId, { ...about, by: 'person' })
          : new PaymentRejected(review.assessmentId, { ...about, by: how }),
      );
      return this.queries.execute(new FindReviewQuery(reviewId));
    });
  }
}
