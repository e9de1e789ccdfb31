import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ReviewRepository } from '../data/review.repository';
import { ownReview, placeNotFound, reviewHidden, reviewNotFound } from '../domain/places.errors';
import type { ReportReason } from '../domain/review';
import { findOwnReview, type PlaceReview } from '../queries/reviews';

/** Who acts: the user, and whether places that are not listed exist for them. */
export interface Reviewer {
  userId: string;
  listedAlone: boolean;
}

/** Writes a user's one review of a place, or writes it anew. @throws AppError not-found `location.place-not-found`, conflict `location.review-hidden` */
export class WriteReviewCommand extends Command<PlaceReview> {
  constructor(
    readonly placeId: string,
    readonly reviewer: Reviewer,
    readonly review: { stars: number; text: string | null; byline: string | null },
  ) {
    super();
  }
}

/**
 * Deletes a user's review, also where the place is not listed any more. Of a hidden one the words go, and that no other may be
 * written stays, until whoever hid it lets it be seen.
 * @throws AppError not-found `location.place-not-found`, `location.review-not-found`
 */
export class DeleteReviewCommand extends Command<void> {
  constructor(
    readonly placeId: string,
    readonly reviewer: Reviewer,
  ) {
    super();
  }
}

/** Once by each user; again changes nothing, unless it was decided and the review says something else since. @throws AppError not-found `location.review-not-found`, conflict `location.review-own` */
export class ReportReviewCommand extends Command<void> {
  constructor(
    readonly reviewId: string,
    readonly reviewer: Reviewer,
    readonly report: { reason: ReportReason; note: string | null },
  ) {
    super();
  }
}

@CommandHandler(WriteReviewCommand)
export class WriteReviewHandler implements ICommandHandler<WriteReviewCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly reviews: ReviewRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ placeId, reviewer, review }: WriteReviewCommand): Promise<PlaceReview> {
    const { userId, listedAlone } = reviewer;
    const written = { ...review, at: this.clock.now() };
    return this.uow.run(async (tx) => {
      const { listed } = await this.reviews.lockPlace(tx, placeId);
      if (listedAlone && !listed) throw placeNotFound();
      const before = await this.reviews.ofUser(tx, placeId, userId);
      if (before?.hidden) throw reviewHidden();
      if (before) await this.reviews.rewrite(tx, before, written);
      else await this.reviews.insert(tx, { placeId, userId, ...written });
      return (await findOwnReview(this.database, placeId, reviewer))!;
    });
  }
}

@CommandHandler(DeleteReviewCommand)
export class DeleteReviewHandler implements ICommandHandler<DeleteReviewCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly reviews: ReviewRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ placeId, reviewer }: DeleteReviewCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const { listed } = await this.reviews.lockPlace(tx, placeId);
      const review = await this.reviews.ofUser(tx, placeId, reviewer.userId);
      if (!review || review.withdrawn) throw reviewer.listedAlone && !listed ? placeNotFound() : reviewNotFound();
      if (review.hidden) await this.reviews.withdraw(tx, review, this.clock.now());
      else await this.reviews.remove(tx, review);
    });
  }
}

@CommandHandler(ReportReviewCommand)
export class ReportReviewHandler implements ICommandHandler<ReportReviewCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly reviews: ReviewRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ reviewId, reviewer, report }: ReportReviewCommand): Promise<void> {
    const { userId, listedAlone } = reviewer;
    await this.uow.run(async (tx) => {
      const review = await this.reviews.lock(tx, reviewId, listedAlone);
      if (review.hidden) throw reviewNotFound();
      if (review.user_id === userId) throw ownReview();
      await this.reviews.report(tx, reviewId, { userId, ...report, at: this.clock.now() });
    });
  }
}
