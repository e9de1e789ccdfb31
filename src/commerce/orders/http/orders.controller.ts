import { Body, Controller, Get, Headers, HttpCode, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  ApiNoContentResponse,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, AllowOnResource, CurrentPrincipal, Public } from '../../../kernel/auth/decorators';
import { hasPermission, type Principal } from '../../../kernel/auth/principal';
import { IdParam, Idempotent, Problems, RateLimit } from '../../../kernel/http/decorators';
import { etagOf } from '../../../kernel/http/etag';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { CancelOrderCommand } from '../commands/cancel-order';
import { CancelOrderLinesCommand } from '../commands/cancel-order-lines';
import { FulfilOrderCommand } from '../commands/fulfil-order';
import { PayOrderCommand } from '../commands/pay-order';
import { RecountSalesCommand } from '../commands/recount-sales';
import { FindOrderQuery } from '../queries/find-order';
import { ListOrdersQuery } from '../queries/list-orders';
import { CohortsQuery, FunnelQuery, SalesByDayQuery } from '../queries/sales-reports';
import { CohortsParams, CohortsView, FunnelParams, FunnelView, SalesByDayParams, SalesByDayView } from './reports.dto';
import { OrderAnalyticsQuery } from '../queries/order-analytics';
import { CheckoutView, PayOrderBody } from './checkout.dto';
import { CancelOrderBody, ListOrdersParams, OrderDetailsView, OrderSummaryView } from './orders.dto';
import { OrderAnalyticsParams, SalesReportView } from './reports.dto';
import { viewerOf } from './viewer';
import { payingMethodOf } from './paying-method.dto';

const ORDER_TOKEN = {
  name: 'X-Order-Token',
  required: false,
  description: 'The `accessToken` of the checkout, where Authorization is used for something else.',
};

@ApiTags('orders')
@Controller('orders')
export class OrdersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('orders:read', 'orders:read-own')
  @ApiOperation({
    operationId: 'listOrders',
    summary: 'List orders',
    description: 'Staff sees the shop’s orders, a shopper their own. Sorts: placedAt (default, newest first), total.',
  })
  @ApiOkResponse({ type: pageOf(OrderSummaryView) })
  list(@Query() query: ListOrdersParams, @CurrentPrincipal() principal: Principal): Promise<Page<OrderSummaryView>> {
    const ownerId = hasPermission(principal, 'orders:read') ? null : principal.userId;
    return this.queries.execute(new ListOrdersQuery(query, ownerId));
  }

  @Get('analytics')
  @Allow('orders:read')
  @RateLimit('heavy')
  @Problems({ 'orders.currency-needed': 400 })
  @ApiOperation({
    operationId: 'getOrderAnalytics',
    summary: 'Report sales by day, month, year, channel, product, customer or category',
    description:
      'Paid orders, cancelled and refunded ones left out, by the time they were placed; `to` is exclusive. Read from sums of whole days, corrected by what changed since, so that it equals a recount of the orders.',
  })
  @ApiOkResponse({ type: SalesReportView })
  analytics(@Query() query: OrderAnalyticsParams): Promise<SalesReportView> {
    const { from, to, groupBy, currency, limit } = query;
    return this.queries.execute(new OrderAnalyticsQuery({ from, to, groupBy, currency, limit }));
  }

  @Post('analytics/recount')
  @HttpCode(204)
  @Allow('orders:write')
  @RateLimit('heavy')
  @ApiOperation({
    operationId: 'recountSales',
    summary: 'Add all sales up anew',
    description:
      'For after rows were written past the application (a restored or repaired database). A worker does it, for the carts of the funnel too; reports stay right meanwhile, and are slower.',
  })
  @ApiNoContentResponse()
  recount(): Promise<void> {
    return this.commands.execute(new RecountSalesCommand());
  }

  @Get('analytics/days')
  @Allow('orders:read')
  @RateLimit('heavy')
  @Problems({ 'orders.currency-needed': 400 })
  @ApiOperation({
    operationId: 'getSalesByDay',
    summary: 'Report sales by day and channel',
    description:
      'Paid orders, cancelled and refunded ones left out, by the day (UTC) on which they were placed, in one currency; `to` is exclusive. At most two years at once.',
  })
  @ApiOkResponse({ type: SalesByDayView })
  days(@Query() { from, to, currency, channel }: SalesByDayParams): Promise<SalesByDayView> {
    return this.queries.execute(new SalesByDayQuery({ from, to, currency, channel }));
  }

  @Get('analytics/cohorts')
  @Allow('orders:read')
  @RateLimit('heavy')
  @ApiOperation({
    operationId: 'getCustomerCohorts',
    summary: 'Report how many customers buy again',
    description:
      'Customers by the month of their first paid order, and how many of them ordered in each month after it. `from` and `to` bound the first months.',
  })
  @ApiOkResponse({ type: CohortsView })
  async cohorts(@Query() { from, to }: CohortsParams): Promise<CohortsView> {
    return { data: await this.queries.execute(new CohortsQuery({ from, to })) };
  }

  @Get('analytics/funnel')
  @Allow('orders:read')
  @RateLimit('heavy')
  @Problems({ 'orders.funnel-too-old': 400 })
  @ApiOperation({
    operationId: 'getCheckoutFunnel',
    summary: 'Report how many carts become paid orders',
    description:
      'Of the carts begun in a time: how many got a line, were ordered, and were paid, each counted once in every step. Carts that nobody comes back to are forgotten after 30 days and stay counted by their day: what was begun more than 31 days ago is told by whole days (UTC), and `from` and `to` of the answer say which time was counted. Shops from before carts were counted so are told from 30 days before that on.',
  })
  @ApiOkResponse({ type: FunnelView })
  funnel(@Query() { from, to }: FunnelParams): Promise<FunnelView> {
    return this.queries.execute(new FunnelQuery({ from, to }));
  }

  @Get(':id')
  @ApiHeader(ORDER_TOKEN)
  @Public({ tenant: 'required' })
  @Problems('orders.order-not-found', { 'orders.token-required': 401 })
  @ApiOperation({
    operationId: 'getOrder',
    summary: 'Read an order',
    description:
      'For staff, for the shopper who placed it, and for a guest with the `accessToken` of the checkout as `Authorization: Bearer ot_...` (then X-Tenant names the shop).',
  })
  @ApiOkResponse({ type: OrderDetailsView })
  async get(
    @IdParam() id: string,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('authorization') authorization?: string,
    @Headers('x-order-token') orderToken?: string,
  ): Promise<OrderDetailsView> {
    const viewer = viewerOf(principal, { authorization, orderToken }, 'orders:read');
    const order = await this.queries.execute(new FindOrderQuery(id, viewer));
    void reply.header('etag', etagOf(order.version));
    return order;
  }

  @Post(':id/payments')
  @ApiHeader(ORDER_TOKEN)
  @Public({ tenant: 'required' })
  @Idempotent({ required: true })
  @Problems(
    'orders.order-not-found',
    'orders.not-payable',
    'orders.payment-window-closed',
    'payments.payment-in-flight',
    'payments.not-accepted',
    'inventory.out-of-stock',
    { 'orders.token-required': 401, 'payments.unknown-method': 400, 'payments.shopper-unknown': 400 },
  )
  @ApiOperation({
    operationId: 'payOrder',
    summary: 'Try again to pay an order',
    description:
      'While the order is `pending_payment`. Stock that went back to the shelf after a declined payment is held again if it is still there.',
  })
  @ApiCreatedResponse({ type: CheckoutView })
  pay(
    @IdParam() id: string,
    @Body() body: PayOrderBody,
    @CurrentPrincipal() principal: Principal,
    @Headers('authorization') authorization?: string,
    @Headers('x-order-token') orderToken?: string,
  ): Promise<CheckoutView> {
    const viewer = viewerOf(principal, { authorization, orderToken }, 'orders:write');
    return this.commands.execute(
      new PayOrderCommand({
        orderId: id,
        viewer,
        paymentMethod: payingMethodOf(body.paymentMethod),
        returnUrl: body.returnUrl,
      }),
    );
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent()
  @Problems(
    'orders.order-not-found',
    'orders.transition-refused',
    'orders.imported-order',
    'orders.stale-order',
    'orders.quantity-exceeded',
    { 'orders.unknown-line': 400 },
  )
  @ApiOperation({
    operationId: 'cancelOrder',
    summary: 'Cancel an order',
    description:
      'Its stock is given back, and its payment voided or refunded. With `lines` only these pieces, which did not leave yet, of a paid order.',
  })
  @ApiOkResponse({ type: OrderDetailsView })
  cancel(@IdParam() id: string, @Body() body: CancelOrderBody): Promise<OrderDetailsView> {
    const lines = body?.lines;
    return this.commands.execute(
      lines
        ? new CancelOrderLinesCommand({ orderId: id, lines, note: body.note })
        : new CancelOrderCommand({ orderId: id, reason: 'staff', note: body?.note }),
    );
  }

  @Post(':id/fulfil')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent()
  @Problems(
    'orders.order-not-found',
    'orders.transition-refused',
    'orders.imported-order',
    'orders.stale-order',
    'inventory.backordered',
  )
  @ApiOperation({ operationId: 'fulfilOrder', summary: 'Ship all goods of a paid order' })
  @ApiOkResponse({ type: OrderDetailsView })
  fulfil(@IdParam() id: string): Promise<OrderDetailsView> {
    return this.commands.execute(new FulfilOrderCommand({ orderId: id }));
  }
}
