import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { CancelTransferCommand, ReceiveTransferCommand } from '../commands/receive-transfer';
import { CreateTransferCommand, ShipTransferCommand } from '../commands/transfers';
import { FindTransferQuery, ListTransfersQuery } from '../queries/transfer-view';
import {
  CancelTransferBody,
  CreateTransferBody,
  ListTransfersParams,
  ReceiveTransferBody,
  ShipTransferBody,
  TransferView,
} from './transfers.dto';

/** Goods between locations. */
@ApiTags('inventory')
@Controller('inventory/transfers')
export class TransfersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('inventory:write')
  @Idempotent({ required: true })
  @Problems(
    { 'inventory.unknown-sku': 400, 'inventory.repeated-line': 400, 'inventory.same-location': 400 },
    'inventory.location-not-found',
  )
  @ApiOperation({
    operationId: 'createStockTransfer',
    summary: 'Plan a transfer',
    description: 'A draft: nothing moves and nothing is promised before it is shipped.',
  })
  @ApiCreatedResponse({ type: TransferView })
  create(@Body() body: CreateTransferBody): Promise<TransferView> {
    return this.commands.execute(new CreateTransferCommand(body));
  }

  @Get()
  @Allow('inventory:read')
  @ApiOperation({ operationId: 'listStockTransfers', summary: 'List transfers', description: 'Newest first.' })
  @ApiOkResponse({ type: pageOf(TransferView) })
  list(@Query() query: ListTransfersParams): Promise<Page<TransferView>> {
    return this.queries.execute(new ListTransfersQuery(query));
  }

  @Get(':id')
  @Allow('inventory:read')
  @Problems('inventory.transfer-not-found')
  @ApiOperation({ operationId: 'getStockTransfer', summary: 'Read a transfer' })
  @ApiOkResponse({ type: TransferView })
  find(@IdParam() id: string): Promise<TransferView> {
    return this.queries.execute(new FindTransferQuery(id));
  }

  @Post(':id/ship')
  @HttpCode(200)
  @Allow('inventory:write')
  @Idempotent({ required: true })
  @Problems(
    { 'inventory.not-serialized': 400 },
    'inventory.transfer-not-found',
    'inventory.transfer-state',
    'inventory.out-of-stock',
    'inventory.serial-unavailable',
  )
  @ApiOperation({
    operationId: 'shipStockTransfer',
    summary: 'Send a transfer on its way',
    description:
      'All of it or nothing. The goods are under way then, and incoming at the target; lots keep dates and costs.',
  })
  @ApiOkResponse({ type: TransferView })
  ship(@IdParam() id: string, @Body() { serials }: ShipTransferBody): Promise<TransferView> {
    return this.commands.execute(new ShipTransferCommand(id, serials));
  }

  @Post(':id/receive')
  @HttpCode(200)
  @Allow('inventory:write')
  @Idempotent({ required: true })
  @Problems(
    'inventory.transfer-not-found',
    'inventory.transfer-line-not-found',
    'inventory.transfer-state',
    'inventory.exceeds-transfer',
    'inventory.lot-conflict',
    'inventory.serial-unavailable',
  )
  @ApiOperation({
    operationId: 'receiveStockTransfer',
    summary: 'Take in what arrived of a transfer',
    description: 'In parts as often as needed. What is lost is written off; the transfer ends with its last piece.',
  })
  @ApiOkResponse({ type: TransferView })
  receive(@IdParam() id: string, @Body() { lines, reason }: ReceiveTransferBody): Promise<TransferView> {
    const said = lines?.map(({ lost = 0, ...line }) => ({ ...line, lost }));
    return this.commands.execute(new ReceiveTransferCommand({ id, lines: said, reason }));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Allow('inventory:write')
  @Idempotent({ required: true })
  @Problems('inventory.transfer-not-found', 'inventory.transfer-state')
  @ApiOperation({
    operationId: 'cancelStockTransfer',
    summary: 'Give a transfer up',
    description: 'What is still under way is back in the lots that it left.',
  })
  @ApiOkResponse({ type: TransferView })
  cancel(@IdParam() id: string, @Body() { reason }: CancelTransferBody): Promise<TransferView> {
    return this.commands.execute(new CancelTransferCommand({ id, reason: reason ?? null }));
  }
}
