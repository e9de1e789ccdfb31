import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { SetCostSettingsCommand } from '../commands/cost-settings';
import { ChangeCostCommand, DeleteCostCommand, EnterCostCommand } from '../commands/manage-costs';
import { ChangeRecurringCostCommand, EnterRecurringCostCommand } from '../commands/manage-recurring-costs';
import { CostSettingsQuery } from '../queries/cost-settings';
import { FindCostQuery, FindRecurringCostQuery, ListCostsQuery, ListRecurringCostsQuery } from '../queries/costs';
import { CostSettingsView, SetCostSettingsBody } from './cost-settings.dto';
import {
  ChangeFleetCostBody,
  ChangeRecurringCostBody,
  EnterFleetCostBody,
  EnterRecurringCostBody,
  FleetCostView,
  ListFleetCostsParams,
  ListRecurringCostsParams,
  RecurringCostView,
} from './costs.dto';

/** What vehicles cost beside fuel and work orders, and what the fleet reckons with. */
@ApiTags('costs')
@Controller('costs')
export class CostsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('fleet:write')
  @Idempotent({ required: true })
  @Problems(
    'fleet.vehicle-not-found',
    'fleet.driver-not-found',
    'files.file-not-found',
    'files.not-clean',
    'fleet.depreciated-twice',
    { 'fleet.cost-period': 400 },
  )
  @ApiOperation({
    operationId: 'enterFleetCost',
    summary: 'Enter what a vehicle cost',
    description:
      'On a day, or spread over the days of a period. Fuel and work orders are counted from their own entries.',
  })
  @ApiCreatedResponse({ type: FleetCostView })
  enter(@Body() { at, ...body }: EnterFleetCostBody): Promise<FleetCostView> {
    return this.commands.execute(new EnterCostCommand({ ...body, at: at ? new Date(at) : null }));
  }

  @Get()
  @Allow('fleet:read')
  @ApiOperation({
    operationId: 'listFleetCosts',
    summary: 'List costs of vehicles',
    description:
      'Those that were entered; the summary has fuel, work orders and depreciation too. Sorts: firstDay, createdAt.',
  })
  @ApiOkResponse({ type: pageOf(FleetCostView) })
  list(@Query() query: ListFleetCostsParams): Promise<Page<FleetCostView>> {
    return this.queries.execute(new ListCostsQuery(query));
  }

  @Post('recurring')
  @Allow('fleet:write')
  @Idempotent({ required: true })
  @Problems(
    'fleet.vehicle-not-found',
    'fleet.vehicle-retired',
    'fleet.depreciated-twice',
    { 'fleet.cost-period': 400 },
    { 'fleet.cost-series-too-old': 400 },
  )
  @ApiOperation({
    operationId: 'enterRecurringCost',
    summary: 'Enter a cost that comes back',
    description: 'Each period is entered on its first day, once, and those that have begun at once.',
  })
  @ApiCreatedResponse({ type: RecurringCostView })
  recur(@Body() body: EnterRecurringCostBody): Promise<RecurringCostView> {
    return this.commands.execute(new EnterRecurringCostCommand(body));
  }

  @Get('recurring')
  @Allow('fleet:read')
  @ApiOperation({ operationId: 'listRecurringCosts', summary: 'List costs that come back' })
  @ApiOkResponse({ type: pageOf(RecurringCostView) })
  listRecurring(@Query() query: ListRecurringCostsParams): Promise<Page<RecurringCostView>> {
    return this.queries.execute(new ListRecurringCostsQuery(query));
  }

  @Get('recurring/:id')
  @Allow('fleet:read')
  @Problems('fleet.cost-series-not-found')
  @ApiOperation({ operationId: 'getRecurringCost', summary: 'Read a cost that comes back' })
  @ApiOkResponse({ type: RecurringCostView })
  getRecurring(@IdParam() id: string): Promise<RecurringCostView> {
    return this.queries.execute(new FindRecurringCostQuery(id));
  }

  @Patch('recurring/:id')
  @Allow('fleet:write')
  @Problems('fleet.cost-series-not-found', { 'fleet.cost-period': 400 })
  @ApiOperation({
    operationId: 'changeRecurringCost',
    summary: 'Change or end a cost that comes back',
    description: 'Of what is not entered yet; `endsOn` ends it.',
  })
  @ApiOkResponse({ type: RecurringCostView })
  changeRecurring(@IdParam() id: string, @Body() body: ChangeRecurringCostBody): Promise<RecurringCostView> {
    return this.commands.execute(new ChangeRecurringCostCommand(id, body));
  }

  @Get('settings')
  @Allow('fleet:read')
  @ApiOperation({ operationId: 'getCostSettings', summary: 'Read what the fleet reckons with' })
  @ApiOkResponse({ type: CostSettingsView })
  settings(): Promise<CostSettingsView> {
    return this.queries.execute(new CostSettingsQuery());
  }

  @Put('settings')
  @Allow('fleet:write')
  @ApiOperation({
    operationId: 'setCostSettings',
    summary: 'Set prices of fuel, idling and factors of CO2',
    description: 'All of them: what is left out follows the product again.',
  })
  @ApiOkResponse({ type: CostSettingsView })
  set(@Body() body: SetCostSettingsBody): Promise<CostSettingsView> {
    const { fuelPrices = {}, idleRates = {}, idleHour = null, co2Factors = {} } = body;
    return this.commands.execute(new SetCostSettingsCommand({ fuelPrices, idleRates, idleHour, co2Factors }));
  }

  @Get(':id')
  @Allow('fleet:read')
  @Problems('fleet.cost-not-found')
  @ApiOperation({ operationId: 'getFleetCost', summary: 'Read a cost' })
  @ApiOkResponse({ type: FleetCostView })
  get(@IdParam() id: string): Promise<FleetCostView> {
    return this.queries.execute(new FindCostQuery(id));
  }

  @Patch(':id')
  @Allow('fleet:write')
  @Problems(
    'fleet.cost-not-found',
    'fleet.driver-not-found',
    'files.file-not-found',
    'files.not-clean',
    'fleet.depreciated-twice',
    { 'fleet.cost-period': 400 },
  )
  @ApiOperation({ operationId: 'changeFleetCost', summary: 'Put a cost right' })
  @ApiOkResponse({ type: FleetCostView })
  change(@IdParam() id: string, @Body() { at, ...body }: ChangeFleetCostBody): Promise<FleetCostView> {
    return this.commands.execute(
      new ChangeCostCommand(id, { ...body, at: at === undefined || at === null ? at : new Date(at) }),
    );
  }

  @Delete(':id')
  @Allow('fleet:write')
  @HttpCode(204)
  @Problems('fleet.cost-not-found')
  @ApiOperation({
    operationId: 'deleteFleetCost',
    summary: 'Take a cost out',
    description: 'A period of a recurring cost does not come back.',
  })
  @ApiNoContentResponse()
  async remove(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new DeleteCostCommand(id));
  }
}
