import { Body, Controller, Get, Headers, HttpCode, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, AllowOnResource, CurrentPrincipal, Public } from '../../../kernel/auth/decorators';
import { hasPermission, type Principal } from '../../../kernel/auth/principal';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import {
  ApproveReturnCommand,
  CancelReturnCommand,
  CloseReturnCommand,
  InspectReturnCommand,
  ReceiveReturnCommand,
  RefundReturnCommand,
  RejectReturnCommand,
} from '../commands/manage-return';
import { RequestReturnCommand } from '../commands/request-return';
import { FindReturnQuery, ListReturnsQuery } from '../queries/returns';
import {
  InspectReturnBody,
  ListReturnsParams,
  ReceiveReturnBody,
  RefundReturnBody,
  RejectReturnBody,
  RequestReturnBody,
  ReturnDetailsView,
} from './returns.dto';
import { viewerOf } from './viewer';

const ORDER_TOKEN = {
  name: 'X-Order-Token',
  required: false,
  description: 'The `accessToken` of the checkout, where Authorization is used for something else.',
};
const CHANGES = ['orders.return-not-found', 'orders.return-transition-refused', 'orders.stale-return'];

@ApiTags('returns')
@Controller('returns')
export class ReturnsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('orders:read', 'orders:read-own')
  @ApiOperation({
    operationId: 'listReturns',
    summary: 'List returns',
    description: 'Staff sees the shop’s returns, a shopper those of their own orders. Sorts: requestedAt.',
  })
  @ApiOkResponse({ type: pageOf(ReturnDetailsView) })
  list(@Query() query: ListReturnsParams, @CurrentPrincipal() principal: Principal): Promise<Page<ReturnDetailsView>> {
    const ownerId = hasPermission(principal, 'orders:read') ? null : principal.userId;
    return this.queries.execute(new ListReturnsQuery(query, ownerId));
  }

  @Post()
  @ApiHeader(ORDER_TOKEN)
  @Public({ tenant: 'required' })
  @Idempotent({ required: true })
  @Problems('orders.order-not-found', 'orders.quantity-exceeded', 'orders.not-returnable', 'orders.imported-order', {
    'orders.return-window-over': 409,
    'orders.unknown-line': 400,
    'orders.token-required': 401,
  })
  @ApiOperation({
    operationId: 'requestReturn',
    summary: 'Announce goods that come back',
    description:
      'By staff: approved at once. By the shopper who placed the order, or a guest with its token: waits for approval, within the return window of the shop.',
  })
  @ApiCreatedResponse({ type: ReturnDetailsView })
  request(
    @Body() body: RequestReturnBody,
    @CurrentPrincipal() principal: Principal,
    @Headers('authorization') authorization?: string,
    @Headers('x-order-token') orderToken?: string,
  ): Promise<ReturnDetailsView> {
    const viewer = viewerOf(principal, { authorization, orderToken }, 'orders:write');
    return this.commands.execute(new RequestReturnCommand({ ...body, viewer }));
  }

  @Get(':id')
  @ApiHeader(ORDER_TOKEN)
  @Public({ tenant: 'required' })
  @Problems('orders.return-not-found', { 'orders.token-required': 401 })
  @ApiOperation({ operationId: 'getReturn', summary: 'Read a return, for whoever may see its order' })
  @ApiOkResponse({ type: ReturnDetailsView })
  get(
    @IdParam() id: string,
    @CurrentPrincipal() principal: Principal,
    @Headers('authorization') authorization?: string,
    @Headers('x-order-token') orderToken?: string,
  ): Promise<ReturnDetailsView> {
    const viewer = viewerOf(principal, { authorization, orderToken }, 'orders:read');
    return this.queries.execute(new FindReturnQuery(id, viewer));
  }

  @Post(':id/approve')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent()
  @Problems(...CHANGES)
  @ApiOperation({ operationId: 'approveReturn', summary: 'Let the shopper send the goods' })
  @ApiOkResponse({ type: ReturnDetailsView })
  approve(@IdParam() id: string): Promise<ReturnDetailsView> {
    return this.commands.execute(new ApproveReturnCommand({ returnId: id }));
  }

  @Post(':id/reject')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent()
  @Problems(...CHANGES)
  @ApiOperation({ operationId: 'rejectReturn', summary: 'Do not take the goods back' })
  @ApiOkResponse({ type: ReturnDetailsView })
  reject(@IdParam() id: string, @Body() body: RejectReturnBody): Promise<ReturnDetailsView> {
    return this.commands.execute(new RejectReturnCommand({ returnId: id, note: body?.note }));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent()
  @Problems(...CHANGES)
  @ApiOperation({ operationId: 'cancelReturn', summary: 'Note that the goods are not sent after all' })
  @ApiOkResponse({ type: ReturnDetailsView })
  cancel(@IdParam() id: string): Promise<ReturnDetailsView> {
    return this.commands.execute(new CancelReturnCommand({ returnId: id }));
  }

  @Post(':id/receive')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent({ required: true })
  @Problems(...CHANGES, 'orders.quantity-exceeded', { 'orders.unknown-line': 400 })
  @ApiOperation({ operationId: 'receiveReturn', summary: 'Note that returned goods arrived' })
  @ApiOkResponse({ type: ReturnDetailsView })
  receive(@IdParam() id: string, @Body() body: ReceiveReturnBody): Promise<ReturnDetailsView> {
    return this.commands.execute(new ReceiveReturnCommand({ returnId: id, lines: body?.lines }));
  }

  @Post(':id/inspect')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent({ required: true })
  @Problems(...CHANGES, 'orders.quantity-exceeded', 'inventory.serial-unavailable', {
    'orders.unknown-line': 400,
    'orders.inspection-incomplete': 400,
    'inventory.not-serialized': 400,
  })
  @ApiOperation({
    operationId: 'inspectReturn',
    summary: 'Decide what becomes of returned goods',
    description: 'Each received piece goes back on the shelf, into the lot it left, or is scrapped.',
  })
  @ApiOkResponse({ type: ReturnDetailsView })
  inspect(@IdParam() id: string, @Body() { lines, serials }: InspectReturnBody): Promise<ReturnDetailsView> {
    return this.commands.execute(new InspectReturnCommand({ returnId: id, lines, serials }));
  }

  @Post(':id/refund')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent({ required: true })
  @Problems(
    ...CHANGES,
    'orders.nothing-to-refund',
    'orders.refund-too-large',
    'orders.no-customer',
    'payments.refund-exceeds-charge',
  )
  @ApiOperation({
    operationId: 'refundReturn',
    summary: 'Give the money of returned goods back',
    description: 'The gateway is told by a job; the return is `refunded` once it agreed.',
  })
  @ApiOkResponse({ type: ReturnDetailsView })
  refund(@IdParam() id: string, @Body() body: RefundReturnBody): Promise<ReturnDetailsView> {
    return this.commands.execute(new RefundReturnCommand({ ...body, returnId: id }));
  }

  @Post(':id/close')
  @HttpCode(200)
  @AllowOnResource('orders:write')
  @Idempotent()
  @Problems(...CHANGES)
  @ApiOperation({ operationId: 'closeReturn', summary: 'End an inspected return without money' })
  @ApiOkResponse({ type: ReturnDetailsView })
  close(@IdParam() id: string): Promise<ReturnDetailsView> {
    return this.commands.execute(new CloseReturnCommand({ returnId: id }));
  }
}
