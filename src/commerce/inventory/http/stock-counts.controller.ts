import { Body, Controller, Get, Headers, HttpCode, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import { ApproveCountCommand } from '../commands/approve-count';
import { CancelCountCommand, OpenCountCommand, RecordCountCommand } from '../commands/stock-counts';
import { FindCountQuery, ListCountLinesQuery, ListCountSerialsQuery, ListCountsQuery } from '../queries/stock-counts';
import {
  ApproveCountBody,
  CancelCountBody,
  CountLineView,
  CountSerialView,
  CountView,
  ListCountLinesParams,
  ListCountSerialsParams,
  ListCountsParams,
  OpenCountBody,
  RecordCountBody,
} from './stock-counts.dto';

/** Counts of what really lies there. */
@ApiTags('inventory')
@Controller('inventory/counts')
export class StockCountsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('stock-counts:write')
  @Idempotent({ required: true })
  @Problems({ 'inventory.unknown-sku': 400 }, 'inventory.location-not-found', 'inventory.count-too-large')
  @ApiOperation({
    operationId: 'openStockCount',
    summary: 'Open a stock count',
    description: 'Of a whole location, or of some articles there. Stock may go on moving while people count.',
  })
  @ApiCreatedResponse({ type: CountView })
  open(@Body() body: OpenCountBody): Promise<CountView> {
    return this.commands.execute(new OpenCountCommand(body));
  }

  @Get()
  @Allow('stock-counts:write', 'stock-counts:approve', 'inventory:read')
  @ApiOperation({ operationId: 'listStockCounts', summary: 'List stock counts', description: 'Newest first.' })
  @ApiOkResponse({ type: pageOf(CountView) })
  list(@Query() query: ListCountsParams): Promise<Page<CountView>> {
    return this.queries.execute(new ListCountsQuery(query));
  }

  @Get(':id')
  @Allow('stock-counts:write', 'stock-counts:approve', 'inventory:read')
  @Problems('inventory.count-not-found')
  @ApiOperation({ operationId: 'getStockCount', summary: 'Read a stock count' })
  @ApiOkResponse({ type: CountView })
  async find(@IdParam() id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<CountView> {
    const count = await this.queries.execute(new FindCountQuery(id));
    void reply.header('etag', etagOf(count.version));
    return count;
  }

  @Get(':id/lines')
  @Allow('stock-counts:write', 'stock-counts:approve', 'inventory:read')
  @Problems('inventory.count-not-found')
  @ApiOperation({
    operationId: 'listStockCountLines',
    summary: 'List what is to be counted',
    description: 'In a blind count that is open nobody is told what should be there. Sort: sku.',
  })
  @ApiOkResponse({ type: pageOf(CountLineView) })
  lines(@IdParam() id: string, @Query() query: ListCountLinesParams): Promise<Page<CountLineView>> {
    return this.queries.execute(new ListCountLinesQuery(id, false, query));
  }

  @Get(':id/variances')
  @Allow('stock-counts:approve')
  @Problems('inventory.count-not-found')
  @ApiOperation({
    operationId: 'listStockCountVariances',
    summary: 'List what differs',
    description:
      'Lines of which something else was found than lay there in the books when it was counted, for who approves the count, blind or not. Sort: sku.',
  })
  @ApiOkResponse({ type: pageOf(CountLineView) })
  variances(@IdParam() id: string, @Query() query: ListQuery): Promise<Page<CountLineView>> {
    return this.queries.execute(new ListCountLinesQuery(id, true, query));
  }

  @Get(':id/serials')
  @Allow('stock-counts:approve')
  @Problems('inventory.count-not-found')
  @ApiOperation({
    operationId: 'listStockCountSerials',
    summary: 'List the serial numbers of a count',
    description:
      'What was read where the books say, what is missing and what nobody knew of, for who approves the count, blind or not. Sort: serial.',
  })
  @ApiOkResponse({ type: pageOf(CountSerialView) })
  serials(@IdParam() id: string, @Query() query: ListCountSerialsParams): Promise<Page<CountSerialView>> {
    return this.queries.execute(new ListCountSerialsQuery(id, query));
  }

  @Post(':id/findings')
  @HttpCode(200)
  @Allow('stock-counts:write')
  @Idempotent({ required: true })
  @Problems(
    {
      'inventory.not-in-count': 400,
      'inventory.repeated-line': 400,
      'inventory.counted-at': 400,
      'inventory.unknown-sku': 400,
      'inventory.lot-dates': 400,
      'inventory.not-serialized': 400,
      'inventory.nothing-counted': 400,
    },
    'inventory.count-not-found',
    'inventory.location-not-found',
    'inventory.lot-not-found',
    'inventory.count-state',
    'inventory.count-superseded',
    'inventory.serial-elsewhere',
  )
  @ApiOperation({
    operationId: 'recordStockCount',
    summary: 'Say what was counted',
    description:
      'By batch, or by the serial numbers that were read of a tracked article, all of them at once; a line that was counted before is counted anew. What moves before or after the moment of counting makes no difference.',
  })
  @ApiOkResponse({ type: CountView })
  record(@IdParam() id: string, @Body() { lines }: RecordCountBody): Promise<CountView> {
    return this.commands.execute(new RecordCountCommand(id, lines));
  }

  @Post(':id/approve')
  @HttpCode(200)
  @Allow('stock-counts:approve')
  @Idempotent({ required: true })
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you looked at.' })
  @Problems(
    'inventory.count-not-found',
    'inventory.count-state',
    'inventory.count-incomplete',
    'inventory.count-superseded',
    'inventory.below-reserved',
    'inventory.serials-uncounted',
    'inventory.serial-known',
    'inventory.serial-unavailable',
    { 'inventory.count-stale': 412 },
  )
  @ApiOperation({
    operationId: 'approveStockCount',
    summary: 'Approve a stock count',
    description:
      'What differs becomes movements with the reason `count`, all lines or none: by what was found less what lay there in the books when it was counted. Of articles whose serial numbers were read, missing pieces are gone and found ones taken in; a piece to which something happened since is left alone.',
  })
  @ApiOkResponse({ type: CountView })
  approve(
    @IdParam() id: string,
    @Body() { uncounted }: ApproveCountBody,
    @Headers('if-match') ifMatch?: string,
  ): Promise<CountView> {
    return this.commands.execute(new ApproveCountCommand(id, { uncounted, version: versionOfIfMatch(ifMatch) }));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Allow('stock-counts:write')
  @Idempotent({ required: true })
  @Problems('inventory.count-not-found', 'inventory.count-state')
  @ApiOperation({ operationId: 'cancelStockCount', summary: 'Give a stock count up', description: 'Nothing changes.' })
  @ApiOkResponse({ type: CountView })
  cancel(@IdParam() id: string, @Body() { reason }: CancelCountBody): Promise<CountView> {
    return this.commands.execute(new CancelCountCommand(id, reason ?? null));
  }
}
