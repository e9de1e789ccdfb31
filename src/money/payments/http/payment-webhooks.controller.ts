import { Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from '../../../kernel/auth/decorators';
import { IdParam, Problems, RateLimit } from '../../../kernel/http/decorators';
import { ReceiveWebhookCommand } from '../commands/receive-webhook';
import { WebhookReceiptView } from './payments.dto';

/** Where payment providers tell what happened. The signature is the only login. */
@ApiTags('payments')
@Controller('payment-webhooks')
export class PaymentWebhooksController {
  constructor(private readonly commands: CommandBus) {}

  @Post(':provider/:gatewayId')
  @Public()
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
    'payments.webhook-malformed': 400,
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
