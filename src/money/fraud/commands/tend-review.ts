import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { MemberDirectoryQuery } from '../../../access/organizations/contracts/member-directory';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ReviewRepository } from '../data/review.repository';
import { assigneeUnknown, reviewNotFound } from '../domain/fraud.errors';
import { end } from '../domain/review';
import { FindReviewQuery, type ReviewDetails } from '../queries/reviews';

/**
 * Says who looks after an open review; null is nobody.
 * @throws AppError not-found `fraud.review-not-found`, conflict `fraud.review-decided`, invalid `fraud.assignee-unknown`
 */
export class AssignReviewCommand extends Command<ReviewDetails> {
  constructor(
    readonly reviewId: string,
    readonly userId: string | null,
  ) {
    super();
  }
}

/** Notes something about a review, decided or not. @throws AppError not-found `fraud.review-not-found` */
export class NoteReviewCommand extends Command<ReviewDetails> {
  constructor(
    readonly reviewId: string,
    readonly text: string,
  ) {
    super();
  }
}

@CommandHandler(AssignReviewCommand)
export class AssignReviewHandler implements ICommandHandler<AssignReviewCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly reviews: ReviewRepository,
  ) {}

  async execute({ reviewId, userId }: AssignReviewCommand): Promise<ReviewDetails> {
    return this.uow.run(async (tx) => {
      const review = await this.reviews.lock(tx, reviewId);
      if (!review) throw reviewNotFound();
      // Only an open one has anybody to look after it.
      end(review, 'closed');
      if (userId !== null) await this.demandMember(userId);
      this.reviews.assign(tx, reviewId, userId);
      return this.queries.execute(new FindReviewQuery(reviewId));
    });
  }

  private async demandMember(userId: string): Promise<void> {
    const query = new MemberDirectoryQuery({ limit: 1, userIds: [userId], status: ['active'] });
    const { data } = await this.queries.execute(query);
    if (data.length === 0 || data[0].role === 'customer') throw assigneeUnknown();
  }
}

@CommandHandler(NoteReviewCommand)
export class NoteReviewHandler implements ICommandHandler<NoteReviewCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly reviews: ReviewRepository,
  ) {}

  execute({ reviewId, text }: NoteReviewCommand): Promise<ReviewDetails> {
    return this.uow.run(async (tx) => {
      if (!(await this.reviews.lock(tx, reviewId))) throw reviewNotFound();
      this.reviews.note(tx, reviewId, currentContext().principal.userId, text);
      return this.queries.execute(new FindReviewQuery(reviewId));
    });
  }
}
