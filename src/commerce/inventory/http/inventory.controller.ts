import { Body, Controller, Get, Headers, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems, RateLimit } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import { AdjustStockCommand } from '../commands/adjust-stock';
import { ChangeLocationCommand } from '../commands/change-location';
import { CreateLocationCommand } from '../commands/create-location';
import { ReceiveStockCommand } from '../commands/receive-stock';
import { InventoryReportQuery } from '../queries/inventory-report';
import { ListAvailabilityQuery } from '../queries/list-availability';
import { ListLevelsQuery } from '../queries/list-levels';
import { ListLotsQuery } from '../queries/list-lots';
import { LotLabelQuery } from '../queries/lot-label';
import { FindLocationQuery, ListLocationsQuery } from '../queries/list-locations';
import { ListMovementsQuery } from '../queries/list-movements';
import { AvailabilityView } from './availability.dto';
import { AdjustmentView, AdjustStockBody } from './adjustments.dto';
import {
  ChangeLocationBody,
  CreateLocationBody,
  ListLevelsParams,
  ListMovementsParams,
  MovementView,
  ReceiptView,
  ReceiveStockBody,
  StockLevelView,
  StockLocationView,
} from './inventory.dto';
import { ListLotsParams, LotLabelParams, StockLotView } from './lots.dto';
import { InventoryReportParams, InventoryReportRowView } from './reports.dto';

@ApiTags('inventory')
@Controller('inventory')
export class InventoryController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('receipts')
  @Allow('inventory:write')
  @Idempotent({ required: true })
  @Problems(
    {
      'inventory.unknown-sku': 400,
      'inventory.lot-dates': 400,
      'inventory.serials-needed': 400,
      'inventory.not-serialized': 400,
    },
    'inventory.location-not-found',
    'inventory.lot-conflict',
    'inventory.serial-known',
  )
  @ApiOperation({ operationId: 'receiveStock', summary: 'Take goods into stock' })
  @ApiCreatedResponse({ type: ReceiptView })
  receive(@Body() body: ReceiveStockBody): Promise<ReceiptView> {
    return this.commands.execute(new ReceiveStockCommand(body));
  }

  @Post('adjustments')
  @Allow('inventory:write')
  @Idempotent({ required: true })
  @Problems(
    {
      'inventory.unknown-sku': 400,
      'inventory.repeated-line': 400,
      'inventory.serials-needed': 400,
      'inventory.not-serialized': 400,
    },
    'inventory.location-not-found',
    'inventory.lot-not-found',
    'inventory.stale-count',
    'inventory.below-reserved',
    'inventory.serial-known',
    'inventory.serial-unavailable',
  )
  @ApiOperation({
    operationId: 'adjustStock',
    summary: 'Correct what is on hand',
    description: 'All lines or none. Each says what was seen: where that is no longer true, nothing is changed.',
  })
  @ApiCreatedResponse({ type: AdjustmentView })
  adjust(@Body() body: AdjustStockBody): Promise<AdjustmentView> {
    return this.commands.execute(new AdjustStockCommand(body));
  }

  @Get('levels')
  @Allow('inventory:read')
  @ApiOperation({
    operationId: 'listStockLevels',
    summary: 'List stock levels',
    description: 'One row a SKU, summed over locations. Sorts: sku (default), available.',
  })
  @ApiOkResponse({ type: pageOf(StockLevelView) })
  levels(@Query() query: ListLevelsParams): Promise<Page<StockLevelView>> {
    return this.queries.execute(new ListLevelsQuery(query));
  }

  @Get('availability')
  @Allow('inventory:read')
  @ApiOperation({
    operationId: 'listAvailability',
    summary: 'List what can be promised',
    description:
      'One row an article: what can be promised of it, where it lies and why it cannot be sold, and what is to come when. Sort: sku.',
  })
  @ApiOkResponse({ type: pageOf(AvailabilityView) })
  availability(@Query() query: ListLevelsParams): Promise<Page<AvailabilityView>> {
    return this.queries.execute(new ListAvailabilityQuery(query));
  }

  @Get('lots')
  @Allow('inventory:read')
  @ApiOperation({
    operationId: 'listStockLots',
    summary: 'List stock lots',
    description:
      'In the order in which they are given out: by the day of removal, then by arrival. Sorts: removeAt, receivedAt, sku.',
  })
  @ApiOkResponse({ type: pageOf(StockLotView) })
  lots(@Query() query: ListLotsParams): Promise<Page<StockLotView>> {
    return this.queries.execute(new ListLotsQuery(query));
  }

  @Get('lots/:id/label')
  @Allow('inventory:read')
  @Problems({ 'inventory.gtin-invalid': 400 }, 'inventory.lot-not-found', 'inventory.label-impossible')
  @ApiOperation({
    operationId: 'printLotLabel',
    summary: 'Print the label of a lot',
    description: 'GS1-128 with GTIN (01) or SKU (91), expiry (17) and batch (10).',
  })
  @ApiProduces('image/png', 'application/pdf')
  @ApiResponse({
    status: 200,
    description: 'The label.',
    content: {
      'image/png': { schema: { type: 'string', format: 'binary' } },
      'application/pdf': { schema: { type: 'string', format: 'binary' } },
    },
  })
  async label(
    @IdParam() id: string,
    @Query() { format, gtin }: LotLabelParams,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const label = await this.queries.execute(new LotLabelQuery(id, format, gtin ?? null));
    await reply.header('content-type', format === 'pdf' ? 'application/pdf' : 'image/png').send(label);
  }

  @Get('analytics')
  @Allow('inventory:read')
  @RateLimit('heavy')
  @Problems({ 'inventory.empty-period': 400 })
  @ApiOperation({
    operationId: 'getStockReport',
    summary: 'Report on stock',
    description:
      'turnover, cover and shrinkage of a period; ageing, expiring, dead and valuation as of now. One row a SKU (a lot in `expiring`, a SKU and currency in `valuation`). Sort: sku; expiring: removeAt (default), sku.',
  })
  @ApiOkResponse({ type: pageOf(InventoryReportRowView) })
  analytics(
    @Query() { report, from, to, days, ...list }: InventoryReportParams,
  ): Promise<Page<InventoryReportRowView>> {
    return this.queries.execute(new InventoryReportQuery(report, { from, to, days }, list));
  }

  @Get('movements')
  @Allow('inventory:read')
  @ApiOperation({
    operationId: 'listStockMovements',
    summary: 'List stock movements',
    description: 'The journal of what changed the stock on hand, newest first. It is only ever added to.',
  })
  @ApiOkResponse({ type: pageOf(MovementView) })
  movements(@Query() query: ListMovementsParams): Promise<Page<MovementView>> {
    return this.queries.execute(new ListMovementsQuery(query));
  }

  @Get('locations')
  @Allow('inventory:read')
  @ApiOperation({ operationId: 'listStockLocations', summary: 'List stock locations' })
  @ApiOkResponse({ type: pageOf(StockLocationView) })
  locations(@Query() query: ListQuery): Promise<Page<StockLocationView>> {
    return this.queries.execute(new ListLocationsQuery(query));
  }

  @Post('locations')
  @Allow('inventory:write')
  @Idempotent()
  @Problems('inventory.location-code-taken', { 'plan.limit-reached': 403 })
  @ApiOperation({ operationId: 'createStockLocation', summary: 'Open a further stock location' })
  @ApiCreatedResponse({ type: StockLocationView })
  createLocation(@Body() body: CreateLocationBody): Promise<StockLocationView> {
    return this.commands.execute(new CreateLocationCommand(body));
  }

  @Get('locations/:id')
  @Allow('inventory:read')
  @Problems('inventory.location-not-found')
  @ApiOperation({ operationId: 'getStockLocation', summary: 'Read a stock location' })
  @ApiOkResponse({ type: StockLocationView })
  async location(@IdParam() id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<StockLocationView> {
    const location = await this.queries.execute(new FindLocationQuery(id));
    void reply.header('etag', etagOf(location.version));
    return location;
  }

  @Patch('locations/:id')
  @Allow('inventory:write')
  @Idempotent()
  @Problems(
    'inventory.location-not-found',
    'inventory.location-code-taken',
    'inventory.location-in-use',
    'inventory.default-location',
    { 'inventory.location-stale': 412 },
  )
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  @ApiOperation({
    operationId: 'changeStockLocation',
    summary: 'Change a stock location',
    description:
      'Renames it, closes it or opens it again. A location is closed once nothing lies there, is to come, or is planned with it (transfers, purchase orders, counts): `use` of the refusal says what is in the way. Goods that customers send back to a closed location open it again.',
  })
  @ApiOkResponse({ type: StockLocationView })
  async changeLocation(
    @IdParam() id: string,
    @Body() { code, name, active }: ChangeLocationBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<StockLocationView> {
    const command = new ChangeLocationCommand(id, { code, name, active }, versionOfIfMatch(ifMatch));
    const location = await this.commands.execute(command);
    void reply.header('etag', etagOf(location.version));
    return location;
  }
}
