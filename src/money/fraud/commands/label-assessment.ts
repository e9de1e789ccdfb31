import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AssessmentRepository } from '../data/assessment.repository';
import { assessmentNotFound } from '../domain/fraud.errors';
import type { Label } from '../domain/outcome';
import { FindAssessmentQuery, type AssessmentDetails } from '../queries/assessments';

/** A person says what a try turned out to be; null takes it back. @throws AppError not-found `fraud.assessment-not-found` */
export class LabelAssessmentCommand extends Command<AssessmentDetails> {
  constructor(
    readonly assessmentId: string,
    readonly label: Label | null,
  ) {
    super();
  }
}

@CommandHandler(LabelAssessmentCommand)
export class LabelAssessmentHandler implements ICommandHandler<LabelAssessmentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly assessments: AssessmentRepository,
  ) {}

  execute({ assessmentId, label }: LabelAssessmentCommand): Promise<AssessmentDetails> {
    return this.uow.run(async (tx) => {
      if (!(await this.assessments.lock(tx, assessmentId))) throw assessmentNotFound();
      this.assessments.label(tx, { id: assessmentId }, label, 'person');
      return this.queries.execute(new FindAssessmentQuery(assessmentId));
    });
  }
}
