import { Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Allow, Public } from '../../../kernel/auth/decorators';
import { IdParam, MasksCardNumbers, Problems, RateLimit } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { ReceiveWebhookCommand } from '../commands/receive-webhook';
import { ReplayProviderEventCommand } from '../commands/replay-provider-event';
import { ListProviderEventsQuery } from '../queries/list-provider-events';
import { ListProviderEventsParams, ProviderEventView, ReplayedView } from './gateways.dto';
import { WebhookReceiptView } from './payments.dto';

/** Where payment providers tell what happened. The signature is the only login. */
@ApiTags('payments')
@Controller('payment-webhooks')
export class PaymentWebhooksController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('events')
  @Allow('payment-gateways:read')
  @ApiOperation({
    operationId: 'listPaymentWebhookEvents',
    summary: 'Webhooks that providers sent',
    description: 'With what they said and what became of it. Sorts: receivedAt (default, newest first).',
  })
  @ApiOkResponse({ type: pageOf(ProviderEventView) })
  events(@Query() query: ListProviderEventsParams): Promise<Page<ProviderEventView>> {
    return this.queries.execute(new ListProviderEventsQuery(query));
  }

  @Post('events/:id/replay')
  @HttpCode(202)
  @Allow('payment-gateways:write')
  @Problems('payments.provider-event-not-found')
  @ApiOperation({
    operationId: 'replayPaymentWebhookEvent',
    summary: 'Work on a webhook again',
    description: 'Whatever became of it: what it tells of is fetched from the provider, so that nothing happens twice.',
  })
  replay(@IdParam() id: string): Promise<ReplayedView> {
    return this.commands.execute(new ReplayProviderEventCommand(id));
  }

  @Post(':provider/:gatewayId')
  @Public()
  @MasksCardNumbers()
  @RateLimit('none')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'receivePaymentWebhook',
    summary: 'Receive a webhook of a payment provider',
    description:
      'Checked by its signature over the raw body; answered with 200 once it is stored. The same event again changes nothing.',
  })
  @ApiBody({ schema: { type: 'object', additionalProperties: true, example: { type: 'payment.succeeded', data: {} } } })
  @Problems('payments.gateway-not-found', {
    'payments.webhook-headers': 400,
    'payments.webhook-too-old': 400,
    'payments.webhook-too-new': 400,
    'payments.webhook-signature': 400,
    'payments.webhook-certificate': 400,
    'payments.webhook-malformed': 400,
    'payments.gateway-silent': 503,
  })
  async receive(
    @Param('provider') provider: string,
    @IdParam('gatewayId') gatewayId: string,
    @Req() request: FastifyRequest,
  ): Promise<WebhookReceiptView> {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? undefined : value]),
    );
    const body = request.rawBody ?? Buffer.alloc(0);
    await this.commands.execute(new ReceiveWebhookCommand({ provider, gatewayId, headers, body }));
    return { received: true };
  }
}
