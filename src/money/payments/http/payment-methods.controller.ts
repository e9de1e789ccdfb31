import { Body, Controller, Delete, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, Public, SessionOnly } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { ChooseDefaultMethodCommand, RemoveMethodCommand } from '../commands/manage-methods';
import { SaveMethodCommand } from '../commands/save-method';
import { CompleteSetupCommand } from '../commands/settle-setup';
import { OwnMethodQuery, OwnMethodsQuery } from '../queries/saved-methods';
import { SavedMethodDetailsView, SavedMethodListView, SaveMethodBody } from './payment-methods.dto';

/** The signed-in person's own ways to pay. No key manages them. */
@ApiTags('payment-methods')
@Controller('payment-methods')
export class PaymentMethodsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @SessionOnly()
  @Allow('payment-methods:read-own')
  @ApiOperation({ operationId: 'listPaymentMethods', summary: 'One’s own kept ways to pay' })
  list(): Promise<SavedMethodListView> {
    return this.queries.execute(new OwnMethodsQuery());
  }

  @Post()
  @SessionOnly()
  @Allow('payment-methods:write-own')
  @Idempotent({ required: true })
  @Problems({
    'payments.method-not-kept': 400,
    'payments.card-number-refused': 400,
    'payments.return-url-invalid': 400,
    'payments.too-many-methods': 429,
  })
  @ApiOperation({
    operationId: 'savePaymentMethod',
    summary: 'Keep a way to pay for later',
    description:
      'It is kept at the provider; here are its id and what one knows it by. Where the bank wants to hear the person, `nextAction` names its page.',
  })
  @ApiCreatedResponse({ type: SavedMethodDetailsView })
  save(@Body() { type, token, gatewayId, consent, returnUrl }: SaveMethodBody): Promise<SavedMethodDetailsView> {
    const request = { method: { type, token }, gatewayId: gatewayId ?? null, consent, returnUrl };
    return this.commands.execute(new SaveMethodCommand(request));
  }

  @Post(':id/default')
  @HttpCode(200)
  @SessionOnly()
  @Allow('payment-methods:write-own')
  @Problems('payments.method-not-found', 'payments.method-not-active')
  @ApiOperation({ operationId: 'chooseDefaultPaymentMethod', summary: 'Make a kept way to pay the default' })
  @ApiOkResponse({ type: SavedMethodDetailsView })
  async choose(@IdParam() id: string): Promise<SavedMethodDetailsView> {
    await this.commands.execute(new ChooseDefaultMethodCommand(id));
    return this.queries.execute(new OwnMethodQuery(id));
  }

  @Delete(':id')
  @HttpCode(204)
  @SessionOnly()
  @Allow('payment-methods:write-own')
  @Problems('payments.method-not-found')
  @ApiOperation({
    operationId: 'removePaymentMethod',
    summary: 'Take a kept way to pay away, here and at the provider',
  })
  async remove(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RemoveMethodCommand(id));
  }

  @Get(':id/return')
  @Public({ tenant: 'optional' })
  @HttpCode(303)
  @ApiOperation({
    operationId: 'returnFromPaymentMethod',
    summary: 'Come back from the bank’s page',
    description:
      'Where the bank sends the browser. The keeping is fetched from the provider; then the browser goes on to the return URL that was given (with `method` and `status` added), or to a small page of ours.',
  })
  @ApiResponse({ status: 303, description: 'The browser goes on.' })
  @Problems('payments.method-not-found')
  async comeBack(
    @IdParam() id: string,
    @Query() _provider: Record<string, unknown>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { returnUrl, state } = await this.commands.execute(new CompleteSetupCommand(id));
    const shown = state === 'active' ? 'kept' : state === 'failed' ? 'not-kept' : 'processing';
    let onward = `/payment-result/${shown}`;
    if (returnUrl) {
      const url = new URL(returnUrl);
      url.searchParams.set('method', id);
      url.searchParams.set('status', shown);
      onward = url.href;
    }
    await reply.redirect(onward, 303);
  }
}
