import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { noteAudit } from '../../../kernel/audit/audit';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { ReportScheduleRepository, type ScheduleTerms } from '../data/report-schedule.repository';
import { linkInvalid, scheduleInvalid, scheduleNotFound } from '../domain/ledger.errors';
import { nextDue } from '../domain/report-schedule';
import { groupingOf } from '../domain/reports';
import { ReportScheduleReader, type ReportScheduleFacts } from '../queries/report-schedules';
import { ReportDue } from '../reactions/report-due';

/** A schedule as somebody asks for it; the time zone and everything else is given. */
export type NewReportSchedule = ScheduleTerms & { recipients: string[] };

/** @throws AppError `ledger.report-schedule-invalid`, `ledger.grouping-invalid` */
export class CreateReportScheduleCommand extends Command<ReportScheduleFacts> {
  constructor(readonly schedule: NewReportSchedule) {
    super();
  }
}

/** @throws AppError `ledger.report-schedule-not-found`, `ledger.report-schedule-invalid`, `ledger.grouping-invalid` */
export class ChangeReportScheduleCommand extends Command<ReportScheduleFacts> {
  constructor(
    readonly id: string,
    readonly changes: Partial<NewReportSchedule>,
  ) {
    super();
  }
}

/** With what was sent by it. @throws AppError `ledger.report-schedule-not-found` */
export class DeleteReportScheduleCommand extends Command<void> {
  constructor(readonly id: string) {
    super();
  }
}

/** By a link of a mail. @throws AppError `ledger.report-link-not-found` */
export class UnsubscribeFromReportCommand extends Command<void> {
  constructor(readonly recipientId: string) {
    super();
  }
}

function check({ report, groupBy, every, day }: ScheduleTerms): void {
  groupingOf(report, groupBy);
  if (every === 'day' && day !== 1)
    throw scheduleInvalid('/day', 'A report of each day has no other day: leave it at 1.');
  if (every === 'week' && day > 7) throw scheduleInvalid('/day', 'A week has days 1 (Monday) to 7.');
}

/** From now on it is due at the next moment of its rhythm; a timer of another moment finds that it is not its own. */
function arm(tx: Transaction, scheduleId: string, terms: ScheduleTerms): Date {
  const dueAt = nextDue(terms, clock.now());
  if (terms.enabled) tx.timer(ReportDue, { scheduleId, dueAt: dueAt.toISOString() }, dueAt);
  return dueAt;
}

@CommandHandler(CreateReportScheduleCommand)
export class CreateReportScheduleHandler implements ICommandHandler<CreateReportScheduleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly schedules: ReportScheduleRepository,
    private readonly reader: ReportScheduleReader,
  ) {}

  execute({ schedule: { recipients, ...terms } }: CreateReportScheduleCommand): Promise<ReportScheduleFacts> {
    check(terms);
    return this.uow.run(async (tx) => {
      const id = newId();
      await this.schedules.insert(tx, id, terms, arm(tx, id, terms));
      await this.schedules.setRecipients(tx, id, recipients);
      noteAudit({ target: { scheduleId: id, report: terms.report } });
      return this.reader.find(id);
    });
  }
}

@CommandHandler(ChangeReportScheduleCommand)
export class ChangeReportScheduleHandler implements ICommandHandler<ChangeReportScheduleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly schedules: ReportScheduleRepository,
    private readonly reader: ReportScheduleReader,
  ) {}

  execute({ id, changes: { recipients, ...changes } }: ChangeReportScheduleCommand): Promise<ReportScheduleFacts> {
    return this.uow.run(async (tx) => {
      const known = await this.schedules.lock(tx, id);
      if (!known) throw scheduleNotFound();
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
      const terms: ScheduleTerms = { ...known, ...given };
      check(terms);
      await this.schedules.update(tx, id, terms, arm(tx, id, terms));
      if (recipients) await this.schedules.setRecipients(tx, id, recipients);
      noteAudit({ target: { scheduleId: id, report: terms.report } });
      return this.reader.find(id);
    });
  }
}

@CommandHandler(DeleteReportScheduleCommand)
export class DeleteReportScheduleHandler implements ICommandHandler<DeleteReportScheduleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly schedules: ReportScheduleRepository,
  ) {}

  async execute({ id }: DeleteReportScheduleCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      if (!(await this.schedules.remove(tx, id))) throw scheduleNotFound();
      noteAudit({ target: { scheduleId: id } });
    });
  }
}

@CommandHandler(UnsubscribeFromReportCommand)
export class UnsubscribeFromReportHandler implements ICommandHandler<UnsubscribeFromReportCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly schedules: ReportScheduleRepository,
  ) {}

  async execute({ recipientId }: UnsubscribeFromReportCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const known = await this.schedules.unsubscribe(tx, recipientId);
      if (!known) throw linkInvalid();
      noteAudit({ target: { scheduleId: known.scheduleId, recipientId } });
    });
  }
}
