import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AllowOnResource } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { EditOrderCommand } from '../commands/edit-order';
import { ExchangeReturnCommand } from '../commands/exchange-return';
import { EditedOrderView, EditOrderBody, ExchangedReturnView, ExchangeReturnBody } from './edits.dto';

const NOT_SOLD = { 'orders.unknown-sku': 400, 'orders.quantity-too-large': 400 };

/** What is changed about an order after it was placed, and what is sent for what came back. */
@ApiTags('orders')
@Controller()
export class EditsController {
  constructor(private readonly commands: CommandBus) {}

  @Post('orders/:id/edits')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent({ required: true })
  @Problems(
    'orders.order-not-found',
    'orders.not-editable',
    'orders.exchange-not-edited',
    'orders.credit-held',
    'orders.imported-order',
    'orders.stale-order',
    'orders.payment-underway',
    'orders.payment-window-closed',
    'orders.not-for-sale',
    'orders.no-price-in-currency',
    'orders.quantity-exceeded',
    'orders.cart-empty',
    'orders.cart-full',
    'inventory.out-of-stock',
    { ...NOT_SOLD, 'orders.unknown-line': 400, 'orders.nothing-changed': 400 },
  )
  @ApiOperation({
    operationId: 'editOrder',
    summary: 'Add, change and take off goods of an order that did not leave',
    description:
      'An unpaid order is priced anew: what was in it keeps its price, all else has today’s. Of a paid one, what is taken off is refunded, and what is added is an order of its own (`addition`), whose stock is held for 72 hours while it waits for its payment. All or nothing.',
  })
  @ApiOkResponse({ type: EditedOrderView })
  edit(@IdParam() id: string, @Body() { add, change, note }: EditOrderBody): Promise<EditedOrderView> {
    return this.commands.execute(new EditOrderCommand({ orderId: id, add, change, note }));
  }

  @Post('returns/:id/exchange')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent({ required: true })
  @Problems(
    'orders.return-not-found',
    'orders.return-transition-refused',
    'orders.stale-return',
    'orders.nothing-to-refund',
    'orders.not-for-sale',
    'orders.no-price-in-currency',
    'inventory.out-of-stock',
    'payments.refund-exceeds-charge',
    NOT_SOLD,
  )
  @ApiOperation({
    operationId: 'exchangeReturn',
    summary: 'Send other goods for those that came back',
    description:
      'They are an order of their own, at today’s prices, on which the worth of the inspected goods is a discount: its shopper pays the difference, or what the goods cost less goes back. Should that order be given up, the return is `inspected` again.',
  })
  @ApiOkResponse({ type: ExchangedReturnView })
  exchange(@IdParam() id: string, @Body() { lines }: ExchangeReturnBody): Promise<ExchangedReturnView> {
    return this.commands.execute(new ExchangeReturnCommand({ returnId: id, lines }));
  }
}
