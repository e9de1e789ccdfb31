import { Body, Controller, Get, HttpCode, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { AuditedRead } from '../../../kernel/audit/audited-read';
import { Allow, OperatorOnly, StepUp } from '../../../kernel/auth/decorators';
import { PLATFORM_TENANT, runInContext } from '../../../kernel/context/request-context';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { ChangeAuditSettingsCommand } from '../commands/change-settings';
import { ACTIONS } from '../domain/catalogue';
import { ExportEntriesQuery } from '../contracts/export-entries';
import { ListAuditEntriesQuery } from '../queries/list-entries';
import { AuditSettingsQuery } from '../queries/settings';
import { VerifyTrailQuery } from '../contracts/verify-trail';
import { OneAtATime } from './one-at-a-time';
import {
  AuditActionsView,
  AuditEntryView,
  AuditSettingsBody,
  AuditSettingsView,
  ExportAuditParams,
  ListAuditParams,
  TrailReportView,
} from './audit-logs.dto';

const TYPES = { csv: 'text/csv; charset=utf-8', jsonl: 'application/x-ndjson' } as const;

@ApiTags('audit')
@Controller('audit-logs')
export class AuditLogsController {
  private readonly checks = new OneAtATime();

  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Who did what in the organization, newest first. Sorts: `id` (time of the request), `at`. Reading it is audited. */
  @Get()
  @Allow('audit:read')
  @AuditedRead('ReadAuditLogs')
  @ApiOperation({ operationId: 'listAuditLogs', summary: 'Audit trail of the organization' })
  @ApiOkResponse({ type: pageOf(AuditEntryView) })
  list(@Query() list: ListAuditParams): Promise<Page<AuditEntryView>> {
    return this.queries.execute(new ListAuditEntriesQuery(list));
  }

  /** What belongs to no organization: operators' actions, sign-ins without one. */
  @Get('platform')
  @OperatorOnly()
  @AuditedRead('ReadAuditLogs')
  @ApiOperation({ operationId: 'listPlatformAuditLogs', summary: 'Audit trail of the installation' })
  @ApiOkResponse({ type: pageOf(AuditEntryView) })
  platform(@Query() list: ListAuditParams): Promise<Page<AuditEntryView>> {
    return runInContext({ tenantId: PLATFORM_TENANT }, () => this.queries.execute(new ListAuditEntriesQuery(list)));
  }

  /** The closed catalogue: every action that an entry can name. */
  @Get('actions')
  @Allow('audit:read')
  @ApiOperation({ operationId: 'listAuditActions', summary: 'Actions that the audit trail knows' })
  actions(): AuditActionsView {
    return { data: [...ACTIONS].map(([action, { category, says }]) => ({ action, category, says })) };
  }

  /** All entries that the filters let through, oldest first, as a file. The export is itself audited. */
  @Get('export')
  @Allow('audit:export')
  @RateLimit('heavy')
  @AuditedRead('ExportAuditLogs')
  @Problems('audit.period-invalid')
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({
    operationId: 'exportAuditLogs',
    summary: 'Export the audit trail',
    description:
      'CSV with a header, or JSON Lines. Cells that a spreadsheet would compute get an apostrophe in front. The file is streamed: its length does not matter.',
  })
  @ApiProduces('text/csv', 'application/x-ndjson')
  @ApiResponse({
    status: 200,
    description: 'The file.',
    content: { 'text/csv': { schema: { type: 'string' } }, 'application/x-ndjson': { schema: { type: 'string' } } },
  })
  async export(@Query() { format = 'csv', ...filters }: ExportAuditParams, @Res() reply: FastifyReply): Promise<void> {
    const pieces = await this.queries.execute(new ExportEntriesQuery(format, filters));
    await reply
      .header('content-type', TYPES[format])
      .header('content-disposition', `attachment; filename="audit-logs.${format}"`)
      .send(Readable.from(pieces, { objectMode: false }));
  }

  /**
   * Computes the organization's trail again, entry by entry, and compares it with its seals, signatures and the copies
   * of the heads. Names the first fault. `npx --no mainstay audit:verify` does the same for long trails.
   */
  @Post('verify')
  @HttpCode(200)
  @Allow('audit:read')
  @RateLimit('heavy')
  @AuditedRead('VerifyAuditTrail')
  @Problems('audit.verification-running')
  @ApiOperation({ operationId: 'verifyAuditLogs', summary: 'Verify the audit trail of the organization' })
  verify(): Promise<TrailReportView> {
    return this.checks.run(() => this.queries.execute(new VerifyTrailQuery()));
  }

  @Get('settings')
  @Allow('audit:read')
  @ApiOperation({ operationId: 'getAuditSettings', summary: 'How long the audit trail is kept' })
  settings(): Promise<AuditSettingsView> {
    return this.queries.execute(new AuditSettingsQuery());
  }

  /** Entries older than the period are removed within a day; their sealed roots stay. */
  @Patch('settings')
  @Allow('audit:write')
  @ApiOperation({ operationId: 'changeAuditSettings', summary: 'Change how long the audit trail is kept' })
  change(@Body() body: AuditSettingsBody): Promise<AuditSettingsView> {
    return this.commands.execute(new ChangeAuditSettingsCommand(body.retentionMonths));
  }
}
