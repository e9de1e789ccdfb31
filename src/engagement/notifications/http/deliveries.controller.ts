import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Allow, Authenticated, Public } from '../../../kernel/auth/decorators';
import { Consumes, IdParam, MasksCardNumbers, Problems, RateLimit } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { NoteReceiptsCommand, ReceiveCallbacksCommand } from '../commands/callbacks';
import { RetryDeliveryCommand } from '../commands/retry-delivery';
import { DeliveriesOfNotificationQuery, FindDeliveryQuery, ListDeliveriesQuery } from '../queries/deliveries';
import {
  CallbackReceiptView,
  DeliveriesView,
  DeliveryParams,
  MessageDeliveryView,
  ReceiptsBody,
  ReceiptsView,
} from './deliveries.dto';

/** What became of messages. */
@ApiTags('notifications')
@Controller('notifications')
export class DeliveriesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('deliveries')
  @Allow('notifications:read')
  @ApiOperation({
    operationId: 'listNotificationDeliveries',
    summary: 'List messages with every try to send them',
    description:
      '`state=dead` are those that were given up, `unknown` those of which nobody knows whether they were sent.',
  })
  @ApiOkResponse({ type: pageOf(MessageDeliveryView) })
  list(@Query() query: DeliveryParams): Promise<Page<MessageDeliveryView>> {
    return this.queries.execute(new ListDeliveriesQuery(query));
  }

  @Post('deliveries/:id/retry')
  @HttpCode(200)
  @Allow('notifications:write')
  @Problems('notifications.delivery-not-found', { 'notifications.delivery-not-retryable': 409 })
  @ApiOperation({
    operationId: 'retryNotificationDelivery',
    summary: 'Send a message again that was given up',
    description: 'Or of which nobody knows whether it was sent: it may then arrive twice.',
  })
  @ApiOkResponse({ type: MessageDeliveryView })
  async retry(@IdParam() id: string): Promise<MessageDeliveryView> {
    await this.commands.execute(new RetryDeliveryCommand(id));
    return this.queries.execute(new FindDeliveryQuery(id));
  }

  @Post('receipts')
  @HttpCode(200)
  @Authenticated()
  @ApiOperation({
    operationId: 'noteReceipts',
    summary: 'Say that push messages arrived, or were opened',
    description: 'Apps send the `messageId` of the message’s data. Of a message that arrived only its app can tell.',
  })
  @ApiOkResponse({ type: ReceiptsView })
  receipts(@Body() { receipts }: ReceiptsBody): Promise<ReceiptsView> {
    return this.commands.execute(
      new NoteReceiptsCommand(receipts.map(({ at, ...one }) => ({ ...one, ...(at ? { at: new Date(at) } : {}) }))),
    );
  }

  @Get(':id/deliveries')
  @Allow('notifications:read')
  @Problems('notifications.notification-not-found')
  @ApiOperation({
    operationId: 'listDeliveriesOfNotification',
    summary: 'What became of one notification, by channel and device',
  })
  @ApiOkResponse({ type: DeliveriesView })
  ofNotification(@IdParam() id: string): Promise<DeliveriesView> {
    return this.queries.execute(new DeliveriesOfNotificationQuery(id));
  }
}

const CALLBACK_PROBLEMS = {
  'notifications.callback-signature': 400,
  'notifications.callback-malformed': 400,
};

/** Where providers tell what became of messages. The signature is the only login. */
@ApiTags('delivery-callbacks')
@Controller('delivery-callbacks')
export class DeliveryCallbacksController {
  constructor(private readonly commands: CommandBus) {}

  @Post('twilio/:tenantId/:messageId')
  @Public()
  @MasksCardNumbers()
  @RateLimit('none')
  @Consumes('application/x-www-form-urlencoded')
  @HttpCode(200)
  @Problems('notifications.callback-provider-not-found', CALLBACK_PROBLEMS)
  @ApiOperation({
    operationId: 'receiveTwilioCallback',
    summary: 'Receive what Twilio tells of a text message',
    description: 'Checked by `X-Twilio-Signature`; the same event again changes nothing.',
  })
  @ApiBody({
    schema: { type: 'object', additionalProperties: true, example: { MessageSid: 'SM1', MessageStatus: 'delivered' } },
  })
  @ApiOkResponse({ type: CallbackReceiptView })
  twilio(
    @IdParam('tenantId') tenantId: string,
    @IdParam('messageId') messageId: string,
    @Req() request: FastifyRequest,
  ): Promise<CallbackReceiptView> {
    return this.receive('twilio', request, { tenantId, messageId });
  }

  @Post(':provider')
  @Public()
  @MasksCardNumbers()
  @RateLimit('none')
  @Consumes('text/plain')
  @HttpCode(200)
  @Problems('notifications.callback-provider-not-found', CALLBACK_PROBLEMS)
  @ApiOperation({
    operationId: 'receiveDeliveryCallback',
    summary: 'Receive what a provider of mail tells of letters',
    description:
      '`sendgrid` (signed event webhook) or `ses` (by a topic of SNS). Stored once per event, and answered when it is stored.',
  })
  @ApiBody({
    schema: { type: 'array', items: { type: 'object', additionalProperties: true }, example: [{ event: 'delivered' }] },
  })
  @ApiOkResponse({ type: CallbackReceiptView })
  mail(@Param('provider') provider: string, @Req() request: FastifyRequest): Promise<CallbackReceiptView> {
    return this.receive(provider, request, {});
  }

  private async receive(
    provider: string,
    request: FastifyRequest,
    path: { tenantId?: string; messageId?: string },
  ): Promise<CallbackReceiptView> {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? undefined : value]),
    );
    const form =
      typeof request.body === 'object' && request.body !== null ? (request.body as Record<string, unknown>) : {};
    const rawBody = request.rawBody ?? Buffer.alloc(0);
    await this.commands.execute(new ReceiveCallbacksCommand(provider, { headers, rawBody, form, path }));
    return { received: true };
  }
}
