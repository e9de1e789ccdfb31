import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { ReconcileCommand, ResolveReconciliationRowCommand } from '../commands/reconcile';
import { FindPayoutQuery } from '../queries/payout';
import {
  FindReconciliationQuery,
  ListPayoutsQuery,
  ListReconciliationRowsQuery,
  ListReconciliationsQuery,
} from '../queries/reconciliations';
import {
  ListPayoutsParams,
  ListReconciliationRowsParams,
  ListReconciliationsParams,
  PayoutDetailsView,
  PayoutView,
  ReconcileBody,
  ReconciliationRowView,
  ReconciliationView,
  ResolveReconciliationRowBody,
} from './reconciliations.dto';

@ApiTags('payments')
@Controller('payouts')
export class PayoutsController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @Allow('payments:read')
  @ApiOperation({
    operationId: 'listPayouts',
    summary: 'What providers paid out',
    description: 'As their reports tell it. Sorts: at (default, newest first).',
  })
  @ApiOkResponse({ type: pageOf(PayoutView) })
  list(@Query() query: ListPayoutsParams): Promise<Page<PayoutView>> {
    return this.queries.execute(new ListPayoutsQuery(query));
  }

  @Get(':id')
  @Allow('payments:read')
  @Problems('payments.payout-not-found', { 'payments.gateway-silent': 503 })
  @ApiOperation({
    operationId: 'getPayout',
    summary: 'A payout with what it is made of',
    description: 'Its lines are asked of the provider; null where it does not tell them.',
  })
  @ApiOkResponse({ type: PayoutDetailsView })
  find(@IdParam() id: string): Promise<PayoutDetailsView> {
    return this.queries.execute(new FindPayoutQuery(id));
  }
}

/** What providers report, compared with what is known here. */
@ApiTags('payments')
@Controller('reconciliations')
export class ReconciliationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @HttpCode(202)
  @Allow('reconciliations:write')
  @Idempotent({ required: true })
  @ApiOperation({
    operationId: 'reconcilePayments',
    summary: 'Compare a provider’s report',
    description:
      'Payouts and fees in it are booked once. The same period again is compared anew; notes stay. Accounts at Stripe and PayPal are compared by themselves each morning at four, UTC; the sandbox’s from the first time on.',
  })
  @Problems(
    'payments.gateway-not-found',
    { 'payments.period-invalid': 400, 'payments.report-not-offered': 409 },
    { 'payments.provider-not-offered': 409 },
  )
  reconcile(@Body() body: ReconcileBody): Promise<ReconciliationView> {
    return this.commands.execute(new ReconcileCommand(body));
  }

  @Get()
  @Allow('payments:read')
  @ApiOperation({
    operationId: 'listReconciliations',
    summary: 'List reconciliations',
    description: 'Sorts: from (default, newest first).',
  })
  @ApiOkResponse({ type: pageOf(ReconciliationView) })
  list(@Query() query: ListReconciliationsParams): Promise<Page<ReconciliationView>> {
    return this.queries.execute(new ListReconciliationsQuery(query));
  }

  @Get(':id')
  @Allow('payments:read')
  @ApiOperation({ operationId: 'getReconciliation', summary: 'Read a reconciliation' })
  @Problems('payments.reconciliation-not-found')
  find(@IdParam() id: string): Promise<ReconciliationView> {
    return this.queries.execute(new FindReconciliationQuery(id));
  }

  @Get(':id/rows')
  @Allow('payments:read')
  @ApiOperation({
    operationId: 'listReconciliationRows',
    summary: 'What was compared, one by one',
    description: 'Sorts: at (default, newest first).',
  })
  @ApiOkResponse({ type: pageOf(ReconciliationRowView) })
  @Problems('payments.reconciliation-not-found')
  rows(@IdParam() id: string, @Query() query: ListReconciliationRowsParams): Promise<Page<ReconciliationRowView>> {
    return this.queries.execute(new ListReconciliationRowsQuery(id, query));
  }

  @Post(':id/rows/:rowId/resolve')
  @HttpCode(204)
  @Allow('reconciliations:write')
  @ApiOperation({ operationId: 'resolveReconciliationRow', summary: 'Note what a difference is about' })
  @Problems('payments.reconciliation-row-not-found')
  async resolve(
    @IdParam() id: string,
    @IdParam('rowId') rowId: string,
    @Body() { note }: ResolveReconciliationRowBody,
  ): Promise<void> {
    await this.commands.execute(new ResolveReconciliationRowCommand(id, rowId, note));
  }
}
