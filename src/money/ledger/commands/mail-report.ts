import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { BrandingQuery } from '../../../access/organizations/contracts/branding';
import { SendMessageCommand } from '../../../engagement/notifications/contracts/send-message';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { reportCsv, reportFileName, reportPdf } from '../adapters/report-files';
import { ReportLinks } from '../adapters/report-links';
import { ReportScheduleRepository, type RunRow, type ScheduleRow } from '../data/report-schedule.repository';
import { TITLES } from '../domain/report-table';
import { daysOf } from '../domain/report-schedule';
import { FinanceReportQuery } from '../queries/finance-report';

/** Makes the report of a run and asks for its mails, once: whoever ends the run is who sends. */
export class MailReportCommand extends Command<void> {
  constructor(readonly runId: string) {
    super();
  }
}

@CommandHandler(MailReportCommand)
export class MailReportHandler implements ICommandHandler<MailReportCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly schedules: ReportScheduleRepository,
    private readonly links: ReportLinks,
  ) {}

  async execute({ runId }: MailReportCommand): Promise<void> {
    const found = await this.uow.run((tx) => this.schedules.findRun(tx, runId));
    if (found?.run.state !== 'due') return;
    if (!found.schedule.enabled) {
      await this.uow.run((tx) => this.schedules.end(tx, runId, { state: 'skipped' }));
      return;
    }
    try {
      const file = await this.make(found.schedule, found.run);
      await this.send(found.schedule, found.run, file);
    } catch (error) {
      // What cannot be made will not be made by trying again; anything else is tried again.
      if (!(error instanceof AppError) || error.kind !== 'invalid') throw error;
      await this.uow.run((tx) => this.schedules.end(tx, runId, { state: 'failed', error: error.detail }));
    }
  }

  /** Outside of any transaction: it reads much and draws long. */
  private async make(
    { report, groupBy, currency, timeZone, format }: ScheduleRow,
    { from, to }: RunRow,
  ): Promise<{ name: string; content: Buffer }> {
    const request = {
      from: from.toISOString(),
      to: to.toISOString(),
      timeZone,
      groupBy,
      currency: currency ?? undefined,
    };
    const made = await this.queries.execute(new FinanceReportQuery(report, request));
    const name = `${reportFileName(made)}.${format}`;
    if (format === 'csv') {
      const parts: string[] = [];
      for await (const part of reportCsv(made)) parts.push(part);
      return { name, content: Buffer.from(parts.join('')) };
    }
    const branding = await this.queries.execute(new BrandingQuery(currentContext().tenantId!));
    const head = { name: branding?.name ?? '', color: branding?.primaryColor ?? '#1f2937' };
    return { name, content: await reportPdf(made, head) };
  }

  private async send(schedule: ScheduleRow, run: RunRow, file: { name: string; content: Buffer }): Promise<void> {
    await this.uow.run(async (tx) => {
      const recipients = await this.schedules.recipients(tx, schedule.id);
      const ended = await this.schedules.end(tx, run.id, { state: 'sent', file, recipients: recipients.length });
      if (!ended) return;
      const { tenantId } = tx;
      for (const { id, email } of recipients)
        await this.commands.execute(
          new SendMessageCommand({
            to: email,
            template: 'finance-report',
            data: {
              title: TITLES[schedule.report],
              ...daysOf(run, schedule.timeZone),
              format: schedule.format,
              fileToken: this.links.sign({ kind: 'file', tenantId, id: run.id }),
              unsubscribeToken: this.links.sign({ kind: 'unsubscribe', tenantId, id }),
            },
            dedupeKey: `finance-report:${run.id}:${id}`,
          }),
        );
    });
  }
}
