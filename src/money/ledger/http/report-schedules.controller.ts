import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { TimeZoneQuery } from '../../../access/organizations/contracts/time-zone';
import { Allow } from '../../../kernel/auth/decorators';
import { currentContext } from '../../../kernel/context/request-context';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { ListQuery, type Page } from '../../../kernel/http/pagination';
import {
  ChangeReportScheduleCommand,
  CreateReportScheduleCommand,
  DeleteReportScheduleCommand,
} from '../commands/manage-report-schedules';
import {
  FindReportScheduleQuery,
  ListReportRunsQuery,
  ListReportSchedulesQuery,
  type ReportRunFacts,
  type ReportScheduleFacts,
} from '../queries/report-schedules';
import {
  ChangeReportScheduleBody,
  CreateReportScheduleBody,
  ReportRunPage,
  ReportSchedulePage,
  ReportScheduleView,
} from './report-schedules.dto';

const INVALID = ['ledger.report-schedule-invalid', 'ledger.grouping-invalid'];

/** Reports that are mailed by themselves. */
@ApiTags('finance')
@Controller('finance/report-schedules')
export class ReportSchedulesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('finance:read')
  @ApiOperation({ operationId: 'listReportSchedules', summary: 'List the reports that are mailed by themselves' })
  @ApiOkResponse({ type: ReportSchedulePage })
  list(@Query() query: ListQuery): Promise<Page<ReportScheduleFacts>> {
    return this.queries.execute(new ListReportSchedulesQuery(query));
  }

  @Post()
  @Allow('finance:write')
  @Idempotent()
  @Problems(...INVALID)
  @ApiOperation({
    operationId: 'createReportSchedule',
    summary: 'Have a report mailed',
    description:
      'In each period once, about the whole period before. The mail holds a signed link to the file, which works for 30 days, and one by which its reader gets no more.',
  })
  @ApiCreatedResponse({ type: ReportScheduleView })
  async create(@Body() body: CreateReportScheduleBody): Promise<ReportScheduleFacts> {
    const { groupBy = [], currency = null, day = 1, hour = 6, enabled = true, ...rest } = body;
    const timeZone = body.timeZone ?? (await this.queries.execute(new TimeZoneQuery(currentContext().tenantId!)));
    return this.commands.execute(
      new CreateReportScheduleCommand({ ...rest, groupBy, currency, day, hour, enabled, timeZone }),
    );
  }

  @Get(':id')
  @Allow('finance:read')
  @Problems('ledger.report-schedule-not-found')
  @ApiOperation({ operationId: 'getReportSchedule', summary: 'Read how a report is mailed' })
  @ApiOkResponse({ type: ReportScheduleView })
  find(@IdParam() id: string): Promise<ReportScheduleFacts> {
    return this.queries.execute(new FindReportScheduleQuery(id));
  }

  @Patch(':id')
  @Allow('finance:write')
  @Idempotent()
  @Problems('ledger.report-schedule-not-found', ...INVALID)
  @ApiOperation({ operationId: 'changeReportSchedule', summary: 'Change how a report is mailed, or disable it' })
  @ApiOkResponse({ type: ReportScheduleView })
  change(@IdParam() id: string, @Body() body: ChangeReportScheduleBody): Promise<ReportScheduleFacts> {
    return this.commands.execute(new ChangeReportScheduleCommand(id, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('finance:write')
  @Problems('ledger.report-schedule-not-found')
  @ApiOperation({
    operationId: 'deleteReportSchedule',
    summary: 'Have a report mailed no more',
    description: 'What was sent goes with it; its links no longer work.',
  })
  @ApiNoContentResponse()
  async remove(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new DeleteReportScheduleCommand(id));
  }

  @Get(':id/runs')
  @Allow('finance:read')
  @Problems('ledger.report-schedule-not-found')
  @ApiOperation({
    operationId: 'listReportRuns',
    summary: 'List what was mailed for each period',
    description: 'Newest first.',
  })
  @ApiOkResponse({ type: ReportRunPage })
  runs(@IdParam() id: string, @Query() query: ListQuery): Promise<Page<ReportRunFacts>> {
    return this.queries.execute(new ListReportRunsQuery(id, query));
  }
}
