import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { MoveAssessmentCommand } from '../contracts/assess-payment';
import { AssessmentRepository } from '../data/assessment.repository';

@CommandHandler(MoveAssessmentCommand)
export class MoveAssessmentHandler implements ICommandHandler<MoveAssessmentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly assessments: AssessmentRepository,
  ) {}

  async execute({ request: { from, to } }: MoveAssessmentCommand): Promise<void> {
    await this.uow.run((tx) => Promise.resolve(this.assessments.move(tx, from, to)));
  }
}
