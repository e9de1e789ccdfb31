import { Body, Controller, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { AcceptDisputeCommand, SaveEvidenceCommand, SubmitEvidenceCommand } from '../commands/answer-dispute';
import { PutEvidenceFilesCommand } from '../commands/evidence-files';
import { FindDisputeQuery, ListDisputesQuery } from '../queries/disputes';
import {
  DisputeEvidenceBody,
  DisputeFilesBody,
  DisputeSummaryView,
  DisputeView,
  ListDisputesParams,
} from './disputes.dto';

/** Charges that shoppers dispute with their bank or the provider. */
@ApiTags('payments')
@Controller('disputes')
export class DisputesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('payments:read')
  @ApiOperation({
    operationId: 'listDisputes',
    summary: 'List disputes',
    description: 'Sorts: openedAt (default, newest first), evidenceDueBy.',
  })
  @ApiOkResponse({ type: pageOf(DisputeSummaryView) })
  list(@Query() query: ListDisputesParams): Promise<Page<DisputeSummaryView>> {
    return this.queries.execute(new ListDisputesQuery(query));
  }

  @Get(':id')
  @Allow('payments:read')
  @ApiOperation({ operationId: 'getDispute', summary: 'Read a dispute with its evidence' })
  @Problems('payments.dispute-not-found')
  find(@IdParam() id: string): Promise<DisputeView> {
    return this.queries.execute(new FindDisputeQuery(id));
  }

  /** Parts that are absent stay; null takes a part out. Nothing is handed in yet. */
  @Patch(':id/evidence')
  @Allow('disputes:write')
  @Idempotent()
  @ApiOperation({ operationId: 'saveDisputeEvidence', summary: 'Put evidence by' })
  @ApiOkResponse({ type: DisputeView })
  @Problems('payments.dispute-not-found', 'payments.dispute-not-open', 'payments.dispute-being-answered', {
    'payments.evidence-too-long': 400,
  })
  save(@IdParam() id: string, @Body() body: DisputeEvidenceBody): Promise<DisputeView> {
    return this.commands.execute(new SaveEvidenceCommand(id, body));
  }

  /** One file of each kind; the others stay. Nothing is handed in yet. */
  @Post(':id/evidence')
  @HttpCode(200)
  @Allow('disputes:write')
  @Idempotent()
  @ApiOperation({
    operationId: 'putDisputeFiles',
    summary: 'Put files by as evidence',
    description: 'Uploaded PDF, JPEG and PNG files, 4.5 MB in all. They must be clean once they are handed in.',
  })
  @ApiOkResponse({ type: DisputeView })
  @Problems('payments.dispute-not-found', 'payments.dispute-not-open', 'payments.dispute-being-answered', {
    'payments.evidence-file-type': 400,
    'files.file-not-found': 404,
    'files.not-clean': 409,
  })
  files(@IdParam() id: string, @Body() { files }: DisputeFilesBody): Promise<DisputeView> {
    return this.commands.execute(new PutEvidenceFilesCommand(id, files));
  }

  @Post(':id/submit')
  @HttpCode(200)
  @Allow('disputes:write')
  @Idempotent({ required: true })
  @ApiOperation({
    operationId: 'submitDisputeEvidence',
    summary: 'Hand the evidence in',
    description: 'What was put by goes to the provider, and on to the bank. Most providers take it once.',
  })
  @ApiOkResponse({ type: DisputeView })
  @Problems('payments.dispute-not-found', 'payments.dispute-not-open', 'payments.dispute-being-answered', {
    'payments.evidence-missing': 409,
    'payments.evidence-file-not-clean': 409,
    'payments.evidence-files-too-large': 413,
    'payments.gateway-refused': 409,
    'payments.gateway-silent': 503,
  })
  submit(@IdParam() id: string): Promise<DisputeView> {
    return this.commands.execute(new SubmitEvidenceCommand(id));
  }

  @Post(':id/accept')
  @HttpCode(200)
  @Allow('disputes:write')
  @Idempotent({ required: true })
  @ApiOperation({
    operationId: 'acceptDispute',
    summary: 'Give in to a dispute',
    description: 'The shopper keeps the money, and the dispute is lost. It cannot be taken back.',
  })
  @ApiOkResponse({ type: DisputeView })
  @Problems('payments.dispute-not-found', 'payments.dispute-not-open', 'payments.dispute-being-answered', {
    'payments.gateway-refused': 409,
    'payments.gateway-silent': 503,
  })
  accept(@IdParam() id: string): Promise<DisputeView> {
    return this.commands.execute(new AcceptDisputeCommand(id));
  }
}
