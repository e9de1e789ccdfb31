import { Body, Controller, Get, Headers, HttpCode, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems, RateLimit } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import {
  ChangePurchaseOrderCommand,
  CreatePurchaseOrderCommand,
  EndPurchaseOrderCommand,
  OrderGoodsCommand,
  SavePurchasingSettingsCommand,
} from '../commands/purchase-orders';
import { ImportPurchaseOrderCommand } from '../commands/import-purchase-order';
import { ReceivePurchaseOrderCommand } from '../commands/receive-purchase-order';
import { PurchaseOrderDocumentQuery } from '../queries/purchase-order-document';
import {
  FindPurchaseOrderQuery,
  ListPurchaseOrdersQuery,
  ListPurchaseReceiptsQuery,
  PurchasingSettingsQuery,
} from '../queries/purchase-orders';
import { ReplenishmentQuery } from '../queries/replenishment';
import {
  ChangePurchaseOrderBody,
  CreatePurchaseOrderBody,
  ImportedPurchaseOrderView,
  ImportPurchaseOrderBody,
  EndPurchaseOrderBody,
  ListPurchaseOrdersParams,
  PurchaseOrderDetailsView,
  PurchaseOrderSummaryView,
  type PurchaseOrderLineBody,
} from './purchase-orders.dto';
import {
  ListReplenishmentParams,
  PurchasingSettingsBody,
  PurchasingSettingsView,
  ReplenishmentView,
} from './purchasing.dto';
import { PurchaseReceiptDetailsView, ReceivePurchaseOrderBody } from './purchase-receipts.dto';

const date = (text: string | null | undefined): Date | null | undefined => (text ? new Date(text) : (text as null));
const lineOf = ({ expectedAt, ...line }: PurchaseOrderLineBody) => ({ ...line, expectedAt: date(expectedAt) });
const STATE = ['inventory.purchase-order-not-found', 'inventory.purchase-order-state'];
const LINES = { 'inventory.unknown-sku': 400, 'inventory.cost-unknown': 400, 'inventory.order-quantity': 400 };

/** Orders to suppliers, and what comes for them. */
@ApiTags('purchase-orders')
@Controller('purchase-orders')
export class PurchaseOrdersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('purchasing:read')
  @ApiOperation({
    operationId: 'listPurchaseOrders',
    summary: 'List purchase orders',
    description: 'Sorts: createdAt, expectedAt, number.',
  })
  @ApiOkResponse({ type: pageOf(PurchaseOrderSummaryView) })
  list(@Query() query: ListPurchaseOrdersParams): Promise<Page<PurchaseOrderSummaryView>> {
    return this.queries.execute(new ListPurchaseOrdersQuery(query));
  }

  @Post()
  @Allow('purchasing:write')
  @Idempotent({ required: true })
  @Problems('inventory.supplier-not-found', 'inventory.location-not-found', 'inventory.supplier-inactive', LINES)
  @ApiOperation({
    operationId: 'createPurchaseOrder',
    summary: 'Write a purchase order',
    description: 'A draft with the next number. Nothing is expected before it is ordered.',
  })
  @ApiCreatedResponse({ type: PurchaseOrderDetailsView })
  create(@Body() body: CreatePurchaseOrderBody): Promise<PurchaseOrderDetailsView> {
    const { lines, expectedAt, ...rest } = body;
    return this.commands.execute(
      new CreatePurchaseOrderCommand({ ...rest, expectedAt: date(expectedAt), lines: lines.map(lineOf) }),
    );
  }

  @Post('import')
  @Allow('purchasing:write')
  @RateLimit('heavy')
  @Idempotent({ required: true })
  @Problems('inventory.supplier-not-found', 'inventory.location-not-found', 'inventory.supplier-inactive', {
    ...LINES,
    'inventory.import-columns': 400,
    'inventory.import-faults': 400,
    'tabular.not-text': 400,
    'tabular.no-header': 400,
    'tabular.duplicate-column': 400,
    'tabular.too-many-columns': 400,
  })
  @ApiOperation({
    operationId: 'importPurchaseOrder',
    summary: 'Write a purchase order from a CSV file',
    description:
      'A draft with the lines of the file, all of them or none. Everything that is wrong is told at once, by line and column: `/csv/3/quantity`.',
  })
  @ApiCreatedResponse({ type: ImportedPurchaseOrderView })
  import(@Body() body: ImportPurchaseOrderBody): Promise<ImportedPurchaseOrderView> {
    const { expectedAt, dryRun = false, ...rest } = body;
    return this.commands.execute(new ImportPurchaseOrderCommand({ ...rest, dryRun, expectedAt: date(expectedAt) }));
  }

  @Get(':id')
  @Allow('purchasing:read')
  @Problems('inventory.purchase-order-not-found')
  @ApiOperation({ operationId: 'getPurchaseOrder', summary: 'Read a purchase order' })
  @ApiOkResponse({ type: PurchaseOrderDetailsView })
  async get(@IdParam() id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<PurchaseOrderDetailsView> {
    const order = await this.queries.execute(new FindPurchaseOrderQuery(id));
    void reply.header('etag', etagOf(order.version));
    return order;
  }

  @Patch(':id')
  @Allow('purchasing:write')
  @Idempotent()
  @Problems(...STATE, 'inventory.location-not-found', { 'inventory.purchase-order-stale': 412, ...LINES })
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  @ApiOperation({
    operationId: 'changePurchaseOrder',
    summary: 'Change a purchase order',
    description: 'Lines and place only while it is a draft; dates, reference and note until it ended.',
  })
  @ApiOkResponse({ type: PurchaseOrderDetailsView })
  async change(
    @IdParam() id: string,
    @Body() body: ChangePurchaseOrderBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<PurchaseOrderDetailsView> {
    const { lines, expectedAt, ...rest } = body;
    const change = { ...rest, expectedAt: date(expectedAt), lines: lines?.map(lineOf) };
    const order = await this.commands.execute(new ChangePurchaseOrderCommand(id, change, versionOfIfMatch(ifMatch)));
    void reply.header('etag', etagOf(order.version));
    return order;
  }

  @Post(':id/order')
  @HttpCode(200)
  @Allow('purchasing:write')
  @Idempotent({ required: true })
  @Problems(...STATE, 'inventory.supplier-inactive')
  @ApiOperation({
    operationId: 'orderGoods',
    summary: 'Order the goods of a draft',
    description: 'From now on they are `incoming`.',
  })
  @ApiOkResponse({ type: PurchaseOrderDetailsView })
  order(@IdParam() id: string): Promise<PurchaseOrderDetailsView> {
    return this.commands.execute(new OrderGoodsCommand(id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Allow('purchasing:write')
  @Idempotent({ required: true })
  @Problems(...STATE)
  @ApiOperation({ operationId: 'cancelPurchaseOrder', summary: 'Call off a purchase order of which nothing came' })
  @ApiOkResponse({ type: PurchaseOrderDetailsView })
  cancel(@IdParam() id: string, @Body() { note }: EndPurchaseOrderBody): Promise<PurchaseOrderDetailsView> {
    return this.commands.execute(new EndPurchaseOrderCommand({ orderId: id, as: 'cancelled', note }));
  }

  @Post(':id/close')
  @HttpCode(200)
  @Allow('purchasing:write')
  @Idempotent({ required: true })
  @Problems(...STATE)
  @ApiOperation({ operationId: 'closePurchaseOrder', summary: 'Close a purchase order whose rest will not come' })
  @ApiOkResponse({ type: PurchaseOrderDetailsView })
  close(@IdParam() id: string, @Body() { note }: EndPurchaseOrderBody): Promise<PurchaseOrderDetailsView> {
    return this.commands.execute(new EndPurchaseOrderCommand({ orderId: id, as: 'closed_short', note }));
  }

  @Get(':id/receipts')
  @Allow('purchasing:read')
  @Problems('inventory.purchase-order-not-found')
  @ApiOperation({
    operationId: 'listPurchaseReceipts',
    summary: 'List what came for a purchase order',
    description: 'Newest first, each with its differences to order and delivery note.',
  })
  @ApiOkResponse({ type: pageOf(PurchaseReceiptDetailsView) })
  receipts(@IdParam() id: string, @Query() query: ListQuery): Promise<Page<PurchaseReceiptDetailsView>> {
    return this.queries.execute(new ListPurchaseReceiptsQuery(id, query));
  }

  @Post(':id/receipts')
  @Allow('inventory:write')
  @Idempotent({ required: true })
  @Problems(
    ...STATE,
    'inventory.location-not-found',
    'inventory.lot-conflict',
    'inventory.over-receipt',
    'inventory.delivery-received',
    'inventory.serial-known',
    {
      'inventory.unknown-line': 400,
      'inventory.lot-dates': 400,
      'inventory.serials-needed': 400,
      'inventory.not-serialized': 400,
    },
  )
  @ApiOperation({
    operationId: 'receivePurchaseOrder',
    summary: 'Receive goods of a purchase order',
    description:
      'All lines or none. More than was ordered is taken within the tolerance of the purchasing settings alone; what differs from order and delivery note is told in the answer.',
  })
  @ApiCreatedResponse({ type: PurchaseReceiptDetailsView })
  receive(@IdParam() id: string, @Body() body: ReceivePurchaseOrderBody): Promise<PurchaseReceiptDetailsView> {
    return this.commands.execute(new ReceivePurchaseOrderCommand({ orderId: id, ...body }));
  }

  @Get(':id/order.pdf')
  @Allow('purchasing:read')
  @RateLimit('heavy')
  @Problems('inventory.purchase-order-not-found')
  @ApiOperation({ operationId: 'getPurchaseOrderDocument', summary: 'A purchase order as it goes to the supplier' })
  @ApiProduces('application/pdf')
  @ApiOkResponse({ content: { 'application/pdf': { schema: { type: 'string', format: 'binary' } } } })
  async document(@IdParam() id: string, @Res() reply: FastifyReply): Promise<void> {
    const { number, file } = await this.queries.execute(new PurchaseOrderDocumentQuery(id));
    await reply
      .header('content-type', 'application/pdf')
      .header('content-disposition', `inline; filename="${number.replace(/[^\w.-]/g, '_')}.pdf"`)
      .header('cache-control', 'private, no-store')
      .send(file);
  }
}

/** How the shop buys, and what it should buy. */
@ApiTags('purchase-orders')
@Controller('inventory')
export class ReplenishmentController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('replenishment')
  @Allow('purchasing:read')
  @RateLimit('heavy')
  @ApiOperation({
    operationId: 'listReplenishment',
    summary: 'What should be ordered',
    description:
      'Articles of which what is available and incoming is at the reorder level or below, with reorder level + demand per day × (days until it arrives + days of safety) less what is there and coming. One row an article and location. Sort: sku.',
  })
  @ApiOkResponse({ type: pageOf(ReplenishmentView) })
  replenishment(@Query() query: ListReplenishmentParams): Promise<Page<ReplenishmentView>> {
    return this.queries.execute(new ReplenishmentQuery(query));
  }

  @Get('purchasing-settings')
  @Allow('purchasing:read')
  @ApiOperation({ operationId: 'getPurchasingSettings', summary: 'How the shop buys' })
  @ApiOkResponse({ type: PurchasingSettingsView })
  settings(): Promise<PurchasingSettingsView> {
    return this.queries.execute(new PurchasingSettingsQuery());
  }

  @Put('purchasing-settings')
  @Allow('purchasing:write')
  @ApiOperation({ operationId: 'savePurchasingSettings', summary: 'Say how the shop buys' })
  @ApiOkResponse({ type: PurchasingSettingsView })
  saveSettings(@Body() body: PurchasingSettingsBody): Promise<PurchasingSettingsView> {
    return this.commands.execute(new SavePurchasingSettingsCommand({ ...body }));
  }
}
