import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { PaymentAnalyticsQuery } from '../queries/payment-analytics';
import { PaymentAnalyticsParams, PaymentReportView } from './payment-analytics.dto';

@ApiTags('payments')
@Controller('payments')
export class PaymentAnalyticsController {
  constructor(private readonly queries: QueryBus) {}

  @Get('analytics')
  @Allow('payments:read')
  @RateLimit('heavy')
  @Problems({ 'payments.period-invalid': 400 })
  @ApiOperation({
    operationId: 'getPaymentAnalytics',
    summary: 'Report success, refunds, disputes and fees of payments',
    description: 'By the time tries were begun; `to` is exclusive. Amounts of several currencies are never added up.',
  })
  @ApiOkResponse({ type: PaymentReportView })
  analytics(@Query() { from, to, groupBy, currency }: PaymentAnalyticsParams): Promise<PaymentReportView> {
    return this.queries.execute(new PaymentAnalyticsQuery({ from, to, groupBy, currency }));
  }
}
