import { Body, Controller, Get, HttpCode, Patch, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { AcknowledgeAlertCommand } from '../commands/acknowledge-alert';
import { ChangeAlertDefaultsCommand, ChangeThresholdsCommand } from '../commands/change-thresholds';
import { PlanStockDigestCommand } from '../commands/plan-stock-digest';
import { ListAlertsQuery } from '../queries/list-alerts';
import { AlertDefaultsQuery, ListThresholdsQuery, StockDigestPlanQuery } from '../queries/thresholds';
import {
  AcknowledgeAlertBody,
  ChangeAlertDefaultsBody,
  ChangedThresholdsView,
  ChangeThresholdsBody,
  LevelThresholdsView,
  ListAlertsParams,
  ListThresholdsParams,
  PlanStockDigestBody,
  StockAlertView,
  StockDigestView,
  ThresholdsView,
} from './alerts.dto';

/** Alerts of stock, and from when on stock is worth one. */
@ApiTags('inventory')
@Controller('inventory')
export class StockAlertsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('alerts')
  @Allow('inventory:read')
  @ApiOperation({ operationId: 'listStockAlerts', summary: 'List stock alerts', description: 'Newest first.' })
  @ApiOkResponse({ type: pageOf(StockAlertView) })
  list(@Query() query: ListAlertsParams): Promise<Page<StockAlertView>> {
    return this.queries.execute(new ListAlertsQuery(query));
  }

  @Post('alerts/:id/acknowledge')
  @HttpCode(200)
  @Allow('inventory:write')
  @Idempotent()
  @Problems('inventory.alert-not-found')
  @ApiOperation({
    operationId: 'acknowledgeStockAlert',
    summary: 'Take on a stock alert',
    description: 'Who was first stays. It closes by itself when the stock is back.',
  })
  @ApiOkResponse({ type: StockAlertView })
  acknowledge(@IdParam() id: string, @Body() { note }: AcknowledgeAlertBody): Promise<StockAlertView> {
    return this.commands.execute(new AcknowledgeAlertCommand({ id, note: note ?? null }));
  }

  @Get('alert-defaults')
  @Allow('inventory:read')
  @ApiOperation({
    operationId: 'getStockAlertDefaults',
    summary: 'Read the default thresholds',
    description:
      'Of items that say nothing themselves. Where the shop says nothing either, sold out and past its day are told.',
  })
  @ApiOkResponse({ type: ThresholdsView })
  defaults(): Promise<ThresholdsView> {
    return this.queries.execute(new AlertDefaultsQuery());
  }

  @Patch('alert-defaults')
  @Allow('inventory:write')
  @ApiOperation({
    operationId: 'changeStockAlertDefaults',
    summary: 'Change the default thresholds',
    description: 'Names only what changes. What crosses them from then on is told.',
  })
  @ApiOkResponse({ type: ThresholdsView })
  changeDefaults(@Body() body: ChangeAlertDefaultsBody): Promise<ThresholdsView> {
    return this.commands.execute(new ChangeAlertDefaultsCommand({ ...body }));
  }

  @Get('alert-digest')
  @Allow('inventory:read')
  @ApiOperation({ operationId: 'getStockDigest', summary: 'Read when open alerts are mailed' })
  @ApiOkResponse({ type: StockDigestView })
  digest(): Promise<StockDigestView> {
    return this.queries.execute(new StockDigestPlanQuery());
  }

  @Put('alert-digest')
  @Allow('inventory:write')
  @ApiOperation({
    operationId: 'planStockDigest',
    summary: 'Say when open alerts are mailed',
    description:
      'Once a day, at this hour UTC, to owners, administrators and staff: what is open about the stock; nothing where nothing is.',
  })
  @ApiOkResponse({ type: StockDigestView })
  planDigest(@Body() { hour }: PlanStockDigestBody): Promise<StockDigestView> {
    return this.commands.execute(new PlanStockDigestCommand(hour));
  }

  @Get('thresholds')
  @Allow('inventory:read')
  @ApiOperation({
    operationId: 'listStockThresholds',
    summary: 'List thresholds',
    description: 'One row an item at a location. Sort: sku.',
  })
  @ApiOkResponse({ type: pageOf(LevelThresholdsView) })
  thresholds(@Query() query: ListThresholdsParams): Promise<Page<LevelThresholdsView>> {
    return this.queries.execute(new ListThresholdsQuery(query));
  }

  @Put('thresholds')
  @Allow('inventory:write')
  @Problems({ 'inventory.unknown-sku': 400, 'inventory.repeated-line': 400 }, 'inventory.location-not-found')
  @ApiOperation({
    operationId: 'changeStockThresholds',
    summary: 'Set thresholds of items at locations',
    description:
      'Members that are left out stay; null goes back to the default. What is beyond them now is told at once.',
  })
  @ApiOkResponse({ type: ChangedThresholdsView })
  async change(@Body() { lines }: ChangeThresholdsBody): Promise<ChangedThresholdsView> {
    return { data: await this.commands.execute(new ChangeThresholdsCommand(lines)) };
  }
}
