import type { Money } from '../../../kernel/money/money';
import { reviewDecided } from './fraud.errors';

/** `closed`: the money went its own way before anybody decided. */
export type ReviewState = 'open' | 'approved' | 'rejected' | 'closed';
export const REVIEW_STATES: readonly ReviewState[] = ['open', 'approved', 'rejected', 'closed'];

/** Providers let what is reserved lapse after 168 hours; a review is over before. Source: Stripe, PayPal. */
export const MOST_REVIEW_HOURS = 160;

/** Money that waits for a person's decision. */
export interface Review {
  id: string;
  assessmentId: string;
  attemptId: string;
  intentId: string;
  payable: { type: string; id: string };
  amount: Money;
  score: number;
  state: ReviewState;
  assigneeId: string | null;
  dueAt: Date;
  rejectAt: Date;
  overdue: boolean;
}

/** Ends an open review. @throws AppError conflict `fraud.review-decided` */
export function end(review: Review, state: Exclude<ReviewState, 'open'>): Review {
  if (review.state !== 'open') throw reviewDecided(review.state);
  return { ...review, state };
}

/** What events say of the payment that a review is about. */
export const aboutReview = ({ id, assessmentId, attemptId, intentId, payable, amount, score }: Review) => ({
  reviewId: id,
  assessmentId,
  attemptId,
  intentId,
  payable,
  amount,
  score,
});
