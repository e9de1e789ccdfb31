import { Injectable } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { SCHEDULE, type RunRow, type ScheduleRow, type ScheduleTerms } from '../data/report-schedule.repository';
import { linkInvalid, scheduleNotFound } from '../domain/ledger.errors';

/** A schedule as it is shown. */
export interface ReportScheduleFacts extends ScheduleTerms {
  id: string;
  /** When it is mailed next; null while it is not enabled. */
  nextAt: string | null;
  recipients: { email: string; unsubscribedAt: string | null }[];
}

type Row = ScheduleRow & { recipients: { email: string; unsubscribedAt: string | null }[] };

const SHOWN = `${SCHEDULE}, coalesce((select json_agg(json_build_object('email', r.email, 'unsubscribedAt',
    to_char(r.unsubscribed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by r.email)
  from ledger.report_recipients r where r.tenant_id = s.tenant_id and r.schedule_id = s.id), '[]') as recipients`;

const factsOf = ({ dueAt, version: _version, ...row }: Row): ReportScheduleFacts => ({
  ...row,
  nextAt: row.enabled ? dueAt.toISOString() : null,
});

@Injectable()
export class ReportScheduleReader {
  constructor(private readonly database: Database) {}

  /** @throws AppError `ledger.report-schedule-not-found` */
  async find(id: string): Promise<ReportScheduleFacts> {
    const [row] = await this.database.read<Row>(
      `select ${SHOWN} from ledger.report_schedules s where s.tenant_id = kernel.tenant_id() and s.id = $1`,
      [id],
    );
    if (!row) throw scheduleNotFound();
    return factsOf(row);
  }
}

export class FindReportScheduleQuery extends Query<ReportScheduleFacts> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(FindReportScheduleQuery)
export class FindReportScheduleHandler implements IQueryHandler<FindReportScheduleQuery> {
  constructor(private readonly reader: ReportScheduleReader) {}

  execute({ id }: FindReportScheduleQuery): Promise<ReportScheduleFacts> {
    return this.reader.find(id);
  }
}

export class ListReportSchedulesQuery extends Query<Page<ReportScheduleFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const SCHEDULES = keyset({ id: 's.id', sorts: {}, defaultSort: '-id' });

@QueryHandler(ListReportSchedulesQuery)
export class ListReportSchedulesHandler implements IQueryHandler<ListReportSchedulesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListReportSchedulesQuery): Promise<Page<ReportScheduleFacts>> {
    return SCHEDULES.run<Row, ReportScheduleFacts>(this.database, list, {
      select: SHOWN,
      from: 'ledger.report_schedules s',
      where: 's.tenant_id = kernel.tenant_id()',
      map: factsOf,
    });
  }
}

/** What became of one period of a schedule. */
export interface ReportRunFacts {
  id: string;
  from: string;
  to: string;
  /** `failed`: it could not be made, `error` says why; `skipped`: the schedule was disabled meanwhile. */
  state: RunRow['state'];
  error: string | null;
  fileName: string | null;
  /** How many were written to. */
  recipients: number;
  doneAt: string | null;
}

/** Newest first. @throws AppError `ledger.report-schedule-not-found` */
export class ListReportRunsQuery extends Query<Page<ReportRunFacts>> {
  constructor(
    readonly scheduleId: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

const RUNS = keyset({ id: 'r.id', sorts: {}, defaultSort: '-id' });

@QueryHandler(ListReportRunsQuery)
export class ListReportRunsHandler implements IQueryHandler<ListReportRunsQuery> {
  constructor(
    private readonly database: Database,
    private readonly reader: ReportScheduleReader,
  ) {}

  async execute({ scheduleId, list }: ListReportRunsQuery): Promise<Page<ReportRunFacts>> {
    await this.reader.find(scheduleId);
    return RUNS.run<
      Omit<ReportRunFacts, 'from' | 'to' | 'doneAt'> & { from: Date; to: Date; doneAt: Date | null },
      ReportRunFacts
    >(this.database, list, {
      select: `r.id, r.period_from as "from", r.period_to as "to", r.state, r.error, r.file_name as "fileName", r.recipients, r.done_at as "doneAt"`,
      from: 'ledger.report_runs r',
      where: 'r.tenant_id = kernel.tenant_id() and r.schedule_id = $1',
      params: [scheduleId],
      map: ({ id, from, to, state, error, fileName, recipients, doneAt }) => ({
        id,
        from: from.toISOString(),
        to: to.toISOString(),
        state,
        error,
        fileName,
        recipients,
        doneAt: doneAt?.toISOString() ?? null,
      }),
    });
  }
}

/** The file of a run, for whoever holds its link. @throws AppError `ledger.report-link-not-found` */
export class ReportFileQuery extends Query<{ name: string; content: Buffer }> {
  constructor(readonly runId: string) {
    super();
  }
}

@QueryHandler(ReportFileQuery)
export class ReportFileHandler implements IQueryHandler<ReportFileQuery> {
  constructor(private readonly database: Database) {}

  async execute({ runId }: ReportFileQuery): Promise<{ name: string; content: Buffer }> {
    const [file] = await this.database.read<{ name: string; content: Buffer }>(
      `select file_name as name, file as content from ledger.report_runs
       where tenant_id = kernel.tenant_id() and id = $1 and file is not null`,
      [runId],
    );
    if (!file) throw linkInvalid();
    return file;
  }
}
