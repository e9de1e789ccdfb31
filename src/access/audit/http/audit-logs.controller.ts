import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AuditedRead } from '../../../kernel/audit/audited-read';
import { Allow, OperatorOnly } from '../../../kernel/auth/decorators';
import { PLATFORM_TENANT, runInContext } from '../../../kernel/context/request-context';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { ListAuditEntriesQuery } from '../queries/list-entries';
import { AuditEntryView, ListAuditParams } from './audit-logs.dto';

@ApiTags('audit')
@Controller('audit-logs')
export class AuditLogsController {
  constructor(private readonly queries: QueryBus) {}

  /** Who did what in the organization, newest first. Sorts: `id` (time of the request), `at`. */
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
}
