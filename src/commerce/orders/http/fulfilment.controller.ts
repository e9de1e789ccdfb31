import { Body, Controller, Get, Headers, HttpCode, Patch, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, AllowOnResource, CurrentPrincipal, Public } from '../../../kernel/auth/decorators';
import type { Principal } from '../../../kernel/auth/principal';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { ChangeOrderAddressCommand } from '../commands/change-order-address';
import { ChangeOrderPolicyCommand } from '../commands/change-order-policy';
import { CaptureOrderCommand } from '../commands/capture-order';
import { CloseOrderCommand } from '../commands/close-order';
import { DeliverOrderCommand } from '../commands/deliver-order';
import { HoldOrderCommand, LetOrderGoCommand } from '../commands/hold-order';
import { ManyOrdersCommand } from '../commands/many-orders';
import { NoteOrderCommand } from '../commands/note-order';
import { ShipOrderCommand } from '../commands/ship-order';
import { ListShipmentsQuery } from '../queries/list-shipments';
import { OrderPolicyQuery } from '../queries/order-policy';
import { OrderTimelineQuery } from '../queries/order-timeline';
import {
  BulkOrdersBody,
  BulkOrdersView,
  ChangeOrderPolicyBody,
  NotedView,
  OrderNoteBody,
  OrderPolicyView,
  OrderReasonBody,
  ShipmentsView,
  ShipOrderBody,
  TimelineView,
} from './fulfilment.dto';
import { ShippingAddressBody } from './checkout.dto';
import { OrderDetailsView } from './orders.dto';
import { viewerOf } from './viewer';

const ORDER_TOKEN = {
  name: 'X-Order-Token',
  required: false,
  description: 'The `accessToken` of the checkout, where Authorization is used for something else.',
};
const CHANGES = ['orders.order-not-found', 'orders.transition-refused', 'orders.imported-order', 'orders.stale-order'];

@ApiTags('orders')
@Controller('orders')
export class FulfilmentController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get(':id/shipments')
  @ApiHeader(ORDER_TOKEN)
  @Public({ tenant: 'required' })
  @Problems('orders.order-not-found', { 'orders.token-required': 401 })
  @ApiOperation({
    operationId: 'listShipments',
    summary: 'List the parcels of an order, for whoever may see the order',
  })
  @ApiOkResponse({ type: ShipmentsView })
  shipments(
    @IdParam() id: string,
    @CurrentPrincipal() principal: Principal,
    @Headers('authorization') authorization?: string,
    @Headers('x-order-token') orderToken?: string,
  ): Promise<ShipmentsView> {
    const viewer = viewerOf(principal, { authorization, orderToken }, 'orders:read');
    return this.queries.execute(new ListShipmentsQuery(id, viewer));
  }

  @Post(':id/shipments')
  @AllowOnResource('orders:write')
  @Idempotent({ required: true })
  @Problems(
    ...CHANGES,
    'inventory.backordered',
    'orders.quantity-exceeded',
    'orders.payment-not-captured',
    'orders.capture-refused',
    'inventory.serial-unavailable',
    'inventory.serial-promised',
    {
      'inventory.not-serialized': 400,
      'orders.unknown-line': 400,
      'orders.capture-unresolved': 503,
    },
  )
  @ApiOperation({
    operationId: 'shipOrder',
    summary: 'Ship goods of a paid order in one parcel',
    description:
      'Without `lines` everything that is still open leaves. Stock falls, soonest-expiring lots first; with the last piece the order is fulfilled, and the shopper is mailed. A payment that is only reserved is captured first, where the shop’s policy says so.',
  })
  @ApiCreatedResponse({ type: OrderDetailsView })
  async ship(@IdParam() id: string, @Body() body: ShipOrderBody): Promise<OrderDetailsView> {
    return (await this.commands.execute(new ShipOrderCommand({ ...body, orderId: id }))).order;
  }

  @Post(':id/shipments/:shipmentId/deliver')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent()
  @Problems(...CHANGES, 'orders.shipment-not-found')
  @ApiOperation({ operationId: 'deliverShipment', summary: 'Note that a parcel reached the shopper' })
  @ApiOkResponse({ type: OrderDetailsView })
  deliver(@IdParam() id: string, @IdParam('shipmentId') shipmentId: string): Promise<OrderDetailsView> {
    return this.commands.execute(new DeliverOrderCommand({ orderId: id, shipmentId }));
  }

  @Post(':id/capture')
  @HttpCode(200)
  @Allow('payments:capture')
  @Idempotent({ required: true })
  @Problems(
    'orders.order-not-found',
    'orders.nothing-to-capture',
    'orders.capture-refused',
    'payments.payment-in-flight',
    {
      'orders.capture-unresolved': 503,
    },
  )
  @ApiOperation({
    operationId: 'captureOrder',
    summary: 'Capture the reserved payment of an order',
    description:
      'Takes what is due: the total less what was given up meanwhile. An order that is paid already is answered as it is.',
  })
  @ApiOkResponse({ type: OrderDetailsView })
  capture(@IdParam() id: string): Promise<OrderDetailsView> {
    return this.commands.execute(new CaptureOrderCommand({ orderId: id }));
  }

  @Post(':id/hold')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent()
  @Problems(...CHANGES)
  @ApiOperation({ operationId: 'holdOrder', summary: 'Stop a paid order: nothing is shipped until it is released' })
  @ApiOkResponse({ type: OrderDetailsView })
  hold(@IdParam() id: string, @Body() body: OrderReasonBody): Promise<OrderDetailsView> {
    return this.commands.execute(new HoldOrderCommand({ orderId: id, note: body?.note }));
  }

  @Post(':id/release')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent()
  @Problems(...CHANGES)
  @ApiOperation({ operationId: 'releaseOrder', summary: 'Let an order go on that was put on hold by hand' })
  @ApiOkResponse({ type: OrderDetailsView })
  release(@IdParam() id: string, @Body() body: OrderReasonBody): Promise<OrderDetailsView> {
    return this.commands.execute(new LetOrderGoCommand({ orderId: id, note: body?.note }));
  }

  @Post(':id/close')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent()
  @Problems(...CHANGES)
  @ApiOperation({ operationId: 'closeOrder', summary: 'Close a fulfilled or returned order' })
  @ApiOkResponse({ type: OrderDetailsView })
  close(@IdParam() id: string): Promise<OrderDetailsView> {
    return this.commands.execute(new CloseOrderCommand({ orderId: id }));
  }

  @Patch(':id/shipping-address')
  @AllowOnResource('orders:write')
  @Problems(...CHANGES, 'orders.not-editable', { 'orders.country-fixed': 400, 'orders.address-invalid': 400 })
  @ApiOperation({
    operationId: 'changeOrderAddress',
    summary: 'Correct where an order goes',
    description: 'Before anything of it left, and within the same country: taxes and shipping were priced for it.',
  })
  @ApiOkResponse({ type: OrderDetailsView })
  address(@IdParam() id: string, @Body() body: ShippingAddressBody): Promise<OrderDetailsView> {
    return this.commands.execute(
      new ChangeOrderAddressCommand({ orderId: id, address: { ...body, postalCode: body.postalCode ?? null } }),
    );
  }

  @Post(':id/notes')
  @AllowOnResource('orders:write')
  @Idempotent()
  @Problems('orders.order-not-found')
  @ApiOperation({ operationId: 'noteOrder', summary: 'Write something down about an order' })
  @ApiCreatedResponse({ type: NotedView })
  note(@IdParam() id: string, @Body() { note, shownToCustomer }: OrderNoteBody): Promise<NotedView> {
    return this.commands.execute(
      new NoteOrderCommand({ orderId: id, note, shownToCustomer: shownToCustomer ?? false }),
    );
  }

  @Get(':id/timeline')
  @ApiHeader(ORDER_TOKEN)
  @Public({ tenant: 'required' })
  @Problems('orders.order-not-found', { 'orders.token-required': 401 })
  @ApiOperation({
    operationId: 'getOrderTimeline',
    summary: 'What happened to an order, oldest first',
    description: 'Staff sees all of it, a shopper what is meant for shoppers.',
  })
  @ApiOkResponse({ type: TimelineView })
  timeline(
    @IdParam() id: string,
    @CurrentPrincipal() principal: Principal,
    @Headers('authorization') authorization?: string,
    @Headers('x-order-token') orderToken?: string,
  ): Promise<TimelineView> {
    const viewer = viewerOf(principal, { authorization, orderToken }, 'orders:read');
    return this.queries.execute(new OrderTimelineQuery(id, viewer));
  }

  /** Each by itself: one that is refused stops none of the others. */
  @Post('bulk')
  @HttpCode(200)
  @Idempotent()
  @Allow('orders:write')
  @ApiOperation({ operationId: 'manageOrders', summary: 'Do the same to many orders' })
  @ApiOkResponse({ type: BulkOrdersView })
  many(@Body() { action, orderIds, note }: BulkOrdersBody): Promise<BulkOrdersView> {
    return this.commands.execute(new ManyOrdersCommand({ action, orderIds, note }));
  }
}

@ApiTags('orders')
@Controller('order-policy')
export class OrderPolicyController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('orders:read')
  @ApiOperation({ operationId: 'getOrderPolicy', summary: 'After which time orders move on by themselves' })
  @ApiOkResponse({ type: OrderPolicyView })
  read(): Promise<OrderPolicyView> {
    return this.queries.execute(new OrderPolicyQuery());
  }

  /** Names only what changes. Timers that are set already keep theirs. */
  @Patch()
  @Allow('order-policy:write')
  @ApiOperation({ operationId: 'changeOrderPolicy', summary: 'Change after which time orders move on by themselves' })
  @ApiOkResponse({ type: OrderPolicyView })
  change(@Body() body: ChangeOrderPolicyBody): Promise<OrderPolicyView> {
    return this.commands.execute(new ChangeOrderPolicyCommand({ ...body }));
  }
}
