import { Controller, Get, Header, HttpCode, Param, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiExcludeController, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, Public } from '../../../kernel/auth/decorators';
import { IdParam, Problems, RootController } from '../../../kernel/http/decorators';
import { page } from '../../../kernel/http/page';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { CompleteReturnCommand } from '../commands/complete-return';
import { paymentNotFound } from '../domain/payments.errors';
import { FindPaymentQuery } from '../queries/find-payment';
import { ListPaymentsQuery } from '../queries/list-payments';
import { ListPaymentsParams, PaymentDetailsView, PaymentSummaryView } from './payments.dto';

@ApiTags('payments')
@Controller('payments')
export class PaymentsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('payments:read')
  @ApiOperation({
    operationId: 'listPayments',
    summary: 'List payments',
    description: 'Sorts: createdAt (default, newest first), amount.',
  })
  @ApiOkResponse({ type: pageOf(PaymentSummaryView) })
  list(@Query() query: ListPaymentsParams): Promise<Page<PaymentSummaryView>> {
    return this.queries.execute(new ListPaymentsQuery(query));
  }

  @Get(':id')
  @Allow('payments:read')
  @ApiOperation({ operationId: 'getPayment', summary: 'Read a payment with its tries' })
  @Problems('payments.payment-not-found')
  find(@IdParam() id: string): Promise<PaymentDetailsView> {
    return this.queries.execute(new FindPaymentQuery(id));
  }

  @Get(':id/return')
  @Public({ tenant: 'optional' })
  @HttpCode(303)
  @ApiOperation({
    operationId: 'returnFromPayment',
    summary: 'Come back from the provider’s page',
    description:
      'Where the provider sends the browser. The payment is fetched from the gateway and settled; then the browser goes on to the return URL of the checkout (with `payment` and `status` added), or to a small page of ours.',
  })
  @ApiResponse({ status: 303, description: 'The browser goes on.' })
  @Problems('payments.payment-not-found')
  async comeBack(
    @IdParam() id: string,
    @Query() _provider: Record<string, unknown>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { returnUrl, status } = await this.commands.execute(new CompleteReturnCommand(id));
    const shown = status === 'succeeded' ? 'succeeded' : status === 'requires_payment_method' ? 'failed' : 'processing';
    let onward = `/payment-result/${shown}`;
    if (returnUrl) {
      const url = new URL(returnUrl);
      url.searchParams.set('payment', id);
      url.searchParams.set('status', shown);
      onward = url.href;
    }
    await reply.redirect(onward, 303);
  }
}

const RESULTS: Record<string, [title: string, text: string]> = {
  succeeded: [
    'Thank you, your payment succeeded',
    'You will find the confirmation in your mail. This page can be closed.',
  ],
  processing: [
    'Your payment is being checked',
    'You will hear by mail as soon as it is settled. Please do not pay again.',
  ],
  failed: [
    'The payment did not succeed',
    'Nothing was charged. Go back to the shop to try again or to pay another way.',
  ],
};

/** Where the browser ends when the shop named no page of its own. */
@ApiExcludeController()
@RootController('payment-result')
export class PaymentResultController {
  @Get(':status')
  @Public()
  @Header('content-type', 'text/html; charset=utf-8')
  show(@Param('status') status: string): string {
    const result = Object.hasOwn(RESULTS, status) ? RESULTS[status] : undefined;
    if (!result) throw paymentNotFound();
    return page(result[0], `<h1>${result[0]}</h1><p class="lead">${result[1]}</p>`);
  }
}
