import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RoomChannel } from '../adapters/room-channel';
import { Bodies } from '../data/bodies';
import { MessageLog } from '../data/message-log';
import { ReportRepository } from '../data/report.repository';
import { callerOf } from '../domain/caller';
import { refusalOf } from '../domain/chat.errors';
import type { RoomEvent } from '../domain/message';
import type { Report, ReportReason } from '../domain/moderation';
import { looksAfterAll } from '../queries/moderators';
import { MessageWriter } from './change-message';

/**
 * Puts a message of one's room before its moderators. Reported again by the same person it is the same report.
 * @throws AppError not-found `chat.room-not-found`, `chat.message-not-found`, conflict `chat.own-message`, `chat.message-deleted`
 */
export class ReportMessageCommand extends Command<Report> {
  constructor(
    readonly roomId: string,
    readonly messageId: string,
    readonly about: { reason: ReportReason; note: string | null },
  ) {
    super();
  }
}

/**
 * Judges a report, and with it all that are open about the message: hides the message, or leaves it.
 * Judged alike again by the same person it is the same.
 * @throws AppError not-found `chat.report-not-found` also for those who do not look after its room, or wrote the message; conflict
 * `chat.report-decided`
 */
export class DecideReportCommand extends Command<Report> {
  constructor(
    readonly reportId: string,
    readonly decision: 'hide' | 'dismiss',
  ) {
    super();
  }
}

/**
 * Hides a message from its room, or shows it again, as one who looks after the room or after all.
 * @throws AppError not-found `chat.room-not-found`, `chat.message-not-found`, forbidden `chat.moderators-only`,
 * `chat.about-oneself`, `chat.decided-over-all`, conflict `chat.message-deleted`
 */
export class HideMessageCommand extends Command<RoomEvent> {
  constructor(
    readonly roomId: string,
    readonly messageId: string,
    readonly wanted: boolean,
  ) {
    super();
  }
}

@CommandHandler(ReportMessageCommand)
export class ReportMessageHandler implements ICommandHandler<ReportMessageCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly reports: ReportRepository,
  ) {}

  async execute({ roomId, messageId, about }: ReportMessageCommand): Promise<Report> {
    const { tenantId, userId } = callerOf(currentContext());
    const note = about.note && (await this.reports.sealNote(tenantId, messageId, userId, about.note));
    try {
      return await this.uow.run(async (tx) =>
        this.reports.open(tenantId, await this.reports.report(tx, { ...about, roomId, messageId, userId, note })),
      );
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

@CommandHandler(DecideReportCommand)
export class DecideReportHandler implements ICommandHandler<DecideReportCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly reports: ReportRepository,
    private readonly bodies: Bodies,
    private readonly channel: RoomChannel,
  ) {}

  async execute({ reportId, decision }: DecideReportCommand): Promise<Report> {
    const { tenantId, userId } = callerOf(currentContext());
    const about = { reportId, userId, overAll: looksAfterAll() };
    try {
      const { report, event } = await this.uow.run((tx) => this.reports.decide(tx, about, decision === 'hide'));
      if (event) this.channel.tell(tenantId, await this.bodies.event(tenantId, event));
      return await this.reports.open(tenantId, report);
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

@CommandHandler(HideMessageCommand)
export class HideMessageHandler implements ICommandHandler<HideMessageCommand> {
  constructor(
    private readonly writer: MessageWriter,
    private readonly log: MessageLog,
  ) {}

  execute({ roomId, messageId, wanted }: HideMessageCommand): Promise<RoomEvent> {
    const overAll = looksAfterAll();
    return this.writer.write((tx, { userId }) => this.log.hide(tx, { roomId, messageId, userId, overAll }, wanted));
  }
}
