import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ReviewRepository } from '../data/review.repository';
import { findReview, type ModeratedReview } from '../queries/reviews';

/**
 * Hides a review for a reason, or with null shows it (again): both settle the reports of it. A hidden one does not count. Where its
 * author deleted it meanwhile there is nothing to show: what was left of it goes, so that another one may be written.
 * @throws AppError not-found `location.review-not-found`
 */
export class ModerateReviewCommand extends Command<ModeratedReview> {
  constructor(
    readonly reviewId: string,
    readonly hideReason: string | null,
  ) {
    super();
  }
}

/** The answer of whoever runs the place; null takes it back. @throws AppError not-found `location.review-not-found` */
export class AnswerReviewCommand extends Command<ModeratedReview> {
  constructor(
    readonly reviewId: string,
    readonly answer: string | null,
  ) {
    super();
  }
}

@CommandHandler(ModerateReviewCommand)
export class ModerateReviewHandler implements ICommandHandler<ModerateReviewCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly reviews: ReviewRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ reviewId, hideReason }: ModerateReviewCommand): Promise<ModeratedReview> {
    const by = currentContext().principal.userId;
    return this.uow.run(async (tx) => {
      const review = await this.reviews.lock(tx, reviewId);
      const hidden = hideReason === null ? null : { reason: hideReason, by };
      await this.reviews.setHidden(tx, review, hidden, this.clock.now());
      const shown = (await findReview(this.database, reviewId, by))!;
      if (review.withdrawn && hidden === null) await this.reviews.remove(tx, { ...review, hidden: false });
      return shown;
    });
  }
}

@CommandHandler(AnswerReviewCommand)
export class AnswerReviewHandler implements ICommandHandler<AnswerReviewCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly reviews: ReviewRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ reviewId, answer }: AnswerReviewCommand): Promise<ModeratedReview> {
    const by = currentContext().principal.userId;
    return this.uow.run(async (tx) => {
      await this.reviews.lock(tx, reviewId);
      const said = answer === null ? null : { text: answer, by, at: this.clock.now() };
      await this.reviews.answer(tx, reviewId, said);
      return (await findReview(this.database, reviewId, by))!;
    });
  }
}
