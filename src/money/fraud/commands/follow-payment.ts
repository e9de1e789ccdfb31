import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { PaymentCleared, PaymentRejected, ReviewOpened } from '../contracts/fraud-events';
import { AssessmentRepository, type Assessment } from '../data/assessment.repository';
import { FraudPolicies } from '../data/policies';
import { ReviewRepository } from '../data/review.repository';
import type { CardFacts } from '../domain/payment-try';
import { aboutReview, end, MOST_REVIEW_HOURS, type Review } from '../domain/review';
import { RejectReviewInTime, ReviewDue } from '../reactions/review-timers';
import { Judge } from './judge';

/** Providers keep reserved money for seven days; where a policy is gone meanwhile, these count. */
const FALLBACK = { reviewDueMinutes: 240, rejectAfterHours: 144 };

/** Brings what payments tell of a try to its judgement. Everything is done once, however often it is told. */
@Injectable()
export class PaymentFollower {
  constructor(
    private readonly assessments: AssessmentRepository,
    private readonly reviews: ReviewRepository,
    private readonly policies: FraudPolicies,
    private readonly judge: Judge,
  ) {}

  /** Money is reserved, or taken already where the method cannot reserve: the judgement is brought to its end. */
  async secured(
    tx: Transaction,
    {
      attemptId,
      intentId,
      card = null,
      at,
    }: { attemptId: string; intentId: string; card?: CardFacts | null; at: Date },
    outcome: 'reserved' | 'paid',
  ): Promise<void> {
    const found = await this.assessments.lockByAttempt(tx, attemptId);
    if (!found) return;
    this.assessments.noteOutcome(tx, attemptId, intentId, outcome, card);
    // Told again, or captured after it was cleared.
    if (!found.reserveFirst || found.outcome !== 'open') return;
    let assessment = found;
    if (!found.final) {
      assessment = await this.judge.again(tx, found, card);
      this.assessments.settle(tx, assessment);
    }
    await this.conclude(tx, assessment, intentId, at, outcome === 'paid');
  }

  private async conclude(
    tx: Transaction,
    assessment: Assessment,
    intentId: string,
    at: Date,
    charged: boolean,
  ): Promise<void> {
    const { id, attemptId, payable, keys, verdict } = assessment;
    const amount = { amount: keys.amount, currency: keys.currency };
    const about = { assessmentId: id, attemptId, intentId, payable, amount, score: verdict.score };
    if (verdict.decision === 'block') {
      tx.record(new PaymentRejected(id, { ...about, reviewId: null, by: 'rules' }));
    } else if (verdict.decision === 'review') {
      await this.openReview(tx, { ...about, id: newId() }, verdict.reasons, at, charged);
    } else tx.record(new PaymentCleared(id, { ...about, reviewId: null, by: 'rules' }));
  }

  private async openReview(
    tx: Transaction,
    about: Pick<Review, 'id' | 'assessmentId' | 'attemptId' | 'intentId' | 'payable' | 'amount' | 'score'>,
    reasons: string[],
    at: Date,
    charged: boolean,
  ): Promise<void> {
    const { reviewDueMinutes, rejectAfterHours } = (await this.policies.find(tx)) ?? FALLBACK;
    const dueAt = new Date(at.getTime() + reviewDueMinutes * 60_000);
    const rejectAt = new Date(at.getTime() + Math.min(rejectAfterHours, MOST_REVIEW_HOURS) * 3_600_000);
    const review: Review = { ...about, state: 'open', assigneeId: null, dueAt, rejectAt, overdue: false };
    if (!(await this.reviews.insert(tx, review))) return;
    tx.timer(ReviewDue, { reviewId: review.id }, dueAt);
    tx.timer(RejectReviewInTime, { reviewId: review.id }, rejectAt);
    const said = {
      ...aboutReview(review),
      reasons,
      charged,
      dueAt: dueAt.toISOString(),
      rejectAt: rejectAt.toISOString(),
    };
    tx.record(new ReviewOpened(review.id, said));
  }

  /** The try failed, or what it reserved was let go: nobody need decide about it any more. */
  async ended(
    tx: Transaction,
    { attemptId, intentId }: { attemptId: string; intentId: string },
    outcome: 'declined' | 'let_go',
  ): Promise<void> {
    const open = await this.reviews.lockOpen(tx, attemptId);
    this.assessments.noteOutcome(tx, attemptId, intentId, outcome, null);
    if (open) this.reviews.decide(tx, end(open, 'closed'), 'payment', null, null);
  }
}
