import { applyDecorators, Controller, Get, Query, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { AuditedRead } from '../../../kernel/audit/audited-read';
import { Allow, StepUp } from '../../../kernel/auth/decorators';
import { Clock } from '../../../kernel/clock/clock';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import { AccessReportQuery, type AccessHeld, type AccessPeriod } from '../../identity/contracts/access-report';
import { reversedPeriod } from '../domain/audit.errors';
import { accessLines, ACCESS_COLUMNS, PRIVILEGED_COLUMNS, SIGN_IN_COLUMNS } from '../queries/report-columns';
import { reportFile } from '../queries/report-file';
import { TrailReportQuery, type ReportRow, type TrailReport } from '../queries/trail-reports';
import {
  AccessHeldView,
  AccessReportFileParams,
  AccessReportParams,
  FailedLoginsFileParams,
  FailedLoginsParams,
  PrivilegedActionsFileParams,
  PrivilegedActionsParams,
  ReportRowView,
} from './reports.dto';

/** Rows that a file asks for at once. */
const PIECE = 500;

/** A report as a file: a fresh proof, and told in the trail. */
const ReportFile = (operationId: string, summary: string): MethodDecorator =>
  applyDecorators(
    Allow('audit:export'),
    RateLimit('heavy'),
    AuditedRead('ReadAuditReport'),
    StepUp({ maxAgeSeconds: 900 }),
    ApiOperation({
      operationId,
      summary,
      description:
        'CSV with a header, streamed, oldest first. Cells that a spreadsheet would compute get an apostrophe in front.',
    }),
    ApiProduces('text/csv'),
    ApiResponse({ status: 200, description: 'The file.', content: { 'text/csv': { schema: { type: 'string' } } } }),
  );

/** Reports for those who must show how access is kept: who had it, what was done with it, who tried to get in. */
@ApiTags('audit')
@Controller('audit-logs/reports')
export class AuditReportsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  /**
   * Who had access to what, and when: one row for each membership and each grant that lived in the period, with the
   * permissions it gave and the times it gave them. Denials are rows too. Sorts: `subject`, `id`. A page may hold fewer
   * rows than its limit.
   */
  @Get('access')
  @Allow('audit:read')
  @RateLimit('heavy')
  @AuditedRead('ReadAuditReport')
  @Problems('audit.period-invalid', { 'identity.unknown-name': 400 })
  @ApiOperation({ operationId: 'reportAccess', summary: 'Report: who had access to what, when' })
  @ApiOkResponse({ type: pageOf(AccessHeldView) })
  access(@Query() list: AccessReportParams): Promise<Page<AccessHeld>> {
    return this.accessPage(list, list);
  }

  @Get('access/export')
  @Problems('audit.period-invalid', { 'identity.unknown-name': 400 })
  @ReportFile('exportAccessReport', 'Report as a file: who had access to what, when')
  async accessFile(@Query() about: AccessReportFileParams, @Res() reply: FastifyReply): Promise<void> {
    // One period for all pages, though time goes on.
    const { from, to } = this.periodOf(about);
    const fixed = { ...about, from: from.toISOString(), to: to.toISOString() };
    const read = (cursor?: string) => this.accessPage(fixed, piece({}, cursor));
    await send(reply, 'access', await reportFile(ACCESS_COLUMNS, read, accessLines));
  }

  /** What was done to rights, roles, members, users and keys of others, refused tries too, newest first. Sorts: `id`. */
  @Get('privileged-actions')
  @Allow('audit:read')
  @AuditedRead('ReadAuditReport')
  @Problems('audit.period-invalid')
  @ApiOperation({ operationId: 'reportPrivilegedActions', summary: 'Report: privileged actions' })
  @ApiOkResponse({ type: pageOf(ReportRowView) })
  privileged(@Query() list: PrivilegedActionsParams): Promise<Page<ReportRow>> {
    return this.queries.execute(new TrailReportQuery('privileged-actions', list));
  }

  @Get('privileged-actions/export')
  @Problems('audit.period-invalid')
  @ReportFile('exportPrivilegedActionsReport', 'Report as a file: privileged actions')
  async privilegedFile(@Query() about: PrivilegedActionsFileParams, @Res() reply: FastifyReply): Promise<void> {
    const read = this.trail('privileged-actions', about);
    await send(reply, 'privileged-actions', await reportFile(PRIVILEGED_COLUMNS, read, (row) => [row]));
  }

  /**
   * Sign-ins that failed: at the organization's own door, and at the installation's those for accounts of people who
   * work in the organization. `repeats` counts equal ones of a flood. Newest first. Sorts: `id`.
   */
  @Get('failed-logins')
  @Allow('audit:read')
  @AuditedRead('ReadAuditReport')
  @Problems('audit.period-invalid')
  @ApiOperation({ operationId: 'reportFailedLogins', summary: 'Report: failed sign-ins' })
  @ApiOkResponse({ type: pageOf(ReportRowView) })
  failedLogins(@Query() list: FailedLoginsParams): Promise<Page<ReportRow>> {
    return this.queries.execute(new TrailReportQuery('failed-logins', list));
  }

  @Get('failed-logins/export')
  @Problems('audit.period-invalid')
  @ReportFile('exportFailedLoginsReport', 'Report as a file: failed sign-ins')
  async failedLoginsFile(@Query() about: FailedLoginsFileParams, @Res() reply: FastifyReply): Promise<void> {
    const read = this.trail('failed-logins', about);
    await send(reply, 'failed-logins', await reportFile(SIGN_IN_COLUMNS, read, (row) => [row]));
  }

  private trail(report: TrailReport, about: object): (cursor?: string) => Promise<Page<ReportRow>> {
    return (cursor) => this.queries.execute(new TrailReportQuery(report, piece({ ...about, sort: 'id' }, cursor)));
  }

  private accessPage(about: AccessReportFileParams, list: ListQuery): Promise<Page<AccessHeld>> {
    const { permission, userId } = about;
    return this.queries.execute(new AccessReportQuery({ ...this.periodOf(about), permission, userId }, list));
  }

  private periodOf({ from, to }: AccessReportFileParams): AccessPeriod {
    const now = this.clock.now();
    const end = to === undefined ? now : new Date(to);
    const start = from === undefined ? end : new Date(from);
    if (start > end) throw reversedPeriod();
    return { from: start, to: end };
  }
}

const piece = <Q extends object>(about: Q, cursor?: string): ListQuery & Q =>
  Object.assign(new ListQuery(), about, { limit: PIECE }, cursor === undefined ? {} : { cursor });

const send = (reply: FastifyReply, name: string, pieces: AsyncIterable<string>): FastifyReply =>
  reply
    .header('content-type', 'text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${name}.csv"`)
    .send(Readable.from(pieces, { objectMode: false }));
