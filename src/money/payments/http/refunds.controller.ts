import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { CreateRefundCommand } from '../commands/create-refund';
import { FindRefundQuery, ListRefundsQuery } from '../queries/refunds';
import { CreateRefundBody, ListRefundsParams, RefundView } from './refunds.dto';

@ApiTags('payments')
@Controller('refunds')
export class RefundsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('payments:refund')
  @Idempotent({ required: true })
  @ApiOperation({
    operationId: 'createRefund',
    summary: 'Give money back',
    description:
      'All or a part of what was captured: an amount, or pieces of lines with the tax in them, and the freight. The amount is reserved at once and the gateway told right after; read the refund again for what it said.',
  })
  @Problems('payments.payment-not-found', {
    'payments.refund-amount-required': 400,
    'payments.refund-line-unknown': 400,
    'payments.refund-sum-differs': 400,
    'payments.refund-exceeds-charge': 409,
    'payments.charge-disputed': 409,
    'payments.refund-pieces-exceeded': 409,
    'payments.restock-exceeded': 409,
    'payments.nothing-to-refund': 409,
  })
  create(@Body() { reason, ...body }: CreateRefundBody): Promise<RefundView> {
    return this.commands.execute(new CreateRefundCommand({ ...body, note: reason }));
  }

  @Get()
  @Allow('payments:read')
  @ApiOperation({
    operationId: 'listRefunds',
    summary: 'List refunds',
    description: 'Sorts: createdAt (default, newest first), amount.',
  })
  @ApiOkResponse({ type: pageOf(RefundView) })
  list(@Query() query: ListRefundsParams): Promise<Page<RefundView>> {
    return this.queries.execute(new ListRefundsQuery(query));
  }

  @Get(':id')
  @Allow('payments:read')
  @ApiOperation({ operationId: 'getRefund', summary: 'Read a refund' })
  @Problems('payments.refund-not-found')
  find(@IdParam() id: string): Promise<RefundView> {
    return this.queries.execute(new FindRefundQuery(id));
  }
}
