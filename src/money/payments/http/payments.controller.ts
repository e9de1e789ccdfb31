import { Body, Controller, Get, Header, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiExcludeController, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, Public } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems, RootController } from '../../../kernel/http/decorators';
import { page } from '../../../kernel/http/page';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { CapturePaymentCommand } from '../contracts/capture-payment';
import { CompleteReturnCommand } from '../commands/complete-return';
import { VoidPaymentCommand } from '../contracts/void-payment';
import { paymentNotFound } from '../domain/payments.errors';
import { FindPaymentQuery } from '../queries/find-payment';
import { PaymentPageQuery } from '../queries/payment-page';
import { ListPaymentsQuery } from '../queries/list-payments';
import { CapturePaymentBody, ListPaymentsParams, PaymentDetailsView, PaymentSummaryView } from './payments.dto';

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

  @Post(':id/capture')
  @HttpCode(200)
  @Allow('payments:capture')
  @Idempotent({ required: true })
  @ApiOperation({
    operationId: 'capturePayment',
    summary: 'Take money that is reserved',
    description:
      'In full, or in part: the rest is let go. While the gateway stays silent the payment goes on as it is, and settles by itself.',
  })
  @ApiOkResponse({ type: PaymentDetailsView })
  @Problems(
    'payments.payment-not-found',
    'payments.not-capturable',
    'payments.payment-in-flight',
    'payments.under-review',
    {
      'payments.capture-too-large': 400,
    },
  )
  capture(@IdParam() id: string, @Body() body: CapturePaymentBody): Promise<PaymentDetailsView> {
    return this.commands.execute(new CapturePaymentCommand({ paymentId: id, amount: body?.amount }));
  }

  @Post(':id/void')
  @HttpCode(200)
  @Allow('payments:capture')
  @Idempotent({ required: true })
  @ApiOperation({
    operationId: 'voidPayment',
    summary: 'Call a payment off that is not captured',
    description: 'What is reserved is let go. What is captured is given back by a refund instead.',
  })
  @ApiOkResponse({ type: PaymentDetailsView })
  @Problems('payments.payment-not-found', 'payments.not-voidable', 'payments.payment-in-flight')
  void(@IdParam() id: string): Promise<PaymentDetailsView> {
    return this.commands.execute(new VoidPaymentCommand({ paymentId: id }));
  }

  @Get(':id/continue')
  @Public({ tenant: 'optional' })
  @HttpCode(303)
  @ApiOperation({
    operationId: 'continuePayment',
    summary: 'Go to the page where the shopper confirms a payment',
    description:
      'What the mail to a shopper links to whose bank wants to hear them. One that is settled already leads to a small page that says so.',
  })
  @ApiResponse({ status: 303, description: 'The browser goes on.' })
  @Problems('payments.payment-not-found')
  async goOn(@IdParam() id: string, @Res() reply: FastifyReply): Promise<void> {
    const { url, status } = await this.queries.execute(new PaymentPageQuery(id));
    await reply.redirect(url ?? `/payment-result/${resultOf(status)}`, 303);
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
    const shown = resultOf(status);
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

/** Nothing was taken by payments in these states, and nothing will be. */
const NOT_PAID = ['requires_payment_method', 'canceled', 'expired'];

const resultOf = (status: string): string =>
  status === 'succeeded' ? 'succeeded' : NOT_PAID.includes(status) ? 'failed' : 'processing';

const RESULTS: Record<string, [title: string, text: string]> = {
  succeeded: [
    'Thank you, your payment succeeded',
    'You will find the confirmation in your mail. This page can be closed.',
  ],
  processing: [
    'Your payment is being checked',
    'You will hear by mail as soon as it is settled. Please do not pay again.',
  ],
  kept: ['Your way to pay is kept', 'You can use it for your next order. This page can be closed.'],
  'not-kept': ['Your way to pay was not kept', 'Your bank did not agree, or you left. You can try again in the shop.'],
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
