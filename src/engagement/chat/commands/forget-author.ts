import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ReportRepository } from '../data/report.repository';
import { RoomRepository } from '../data/room.repository';
import { Scheduling } from './schedule-message';

/**
 * Of somebody whose account was deleted: what waited to be said in the context's organization is not said, what it told moderators
 * and what they wrote of it is forgotten. What it said in rooms is the rooms'. Done again it does nothing.
 */
export class ForgetAuthorCommand extends Command<void> {
  constructor(readonly userId: string) {
    super();
  }
}

@CommandHandler(ForgetAuthorCommand)
export class ForgetAuthorHandler implements ICommandHandler<ForgetAuthorCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly scheduling: Scheduling,
    private readonly reports: ReportRepository,
    private readonly rooms: RoomRepository,
  ) {}

  async execute({ userId }: ForgetAuthorCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      await this.scheduling.cancelAllOf(tx, userId);
      this.reports.forgetNotesOf(tx, userId);
      this.rooms.forgetReasonsOf(tx, userId);
    });
  }
}
