import { Body, Controller, Delete, Get, HttpCode, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems, RateLimit } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { DecideFuelChangeCommand } from '../commands/decide-fuel-change';
import { MakeFuelLevelsCommand } from '../commands/make-fuel-levels';
import { CreateFuelSensorCommand, DeleteFuelSensorCommand } from '../commands/manage-fuel-sensors';
import { FuelConsumptionQuery } from '../queries/fuel-consumption';
import {
  FindFuelChangeQuery,
  ListFuelChangesQuery,
  ListFuelLevelsQuery,
  ListFuelSensorsQuery,
} from '../queries/fuel-levels';
import {
  CreateFuelSensorBody,
  DecideFuelChangeBody,
  FuelChangeView,
  FuelConsumptionParams,
  FuelConsumptionView,
  FuelLevelView,
  FuelSensorView,
  ListFuelChangesParams,
  ListFuelLevelsParams,
  ListFuelSensorsParams,
  MadeFuelLevelsView,
  MakeFuelLevelsBody,
} from './fuel-levels.dto';

/** What sensors of tanks say. */
@ApiTags('fuel')
@Controller('fuel')
export class FuelLevelsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('sensors')
  @Allow('fleet:write')
  @Idempotent()
  @Problems('fleet.vehicle-not-found', 'fleet.fuel-sensor-exists', {
    'fleet.calibration-invalid': 400,
    'fleet.fuel-sensor-points': 400,
  })
  @ApiOperation({
    operationId: 'createFuelSensor',
    summary: 'Say what the sensor of a tank means',
    description:
      'Which attribute of the tracker tells the level, and what its values mean, from a moment on; what was before stays as it was read.',
  })
  @ApiCreatedResponse({ type: FuelSensorView })
  createSensor(@Body() { vehicleId, attribute, from, points }: CreateFuelSensorBody): Promise<FuelSensorView> {
    return this.commands.execute(
      new CreateFuelSensorCommand({ vehicleId, attribute, points, ...(from && { from: new Date(from) }) }),
    );
  }

  @Get('sensors')
  @Allow('fleet:read')
  @ApiOperation({ operationId: 'listFuelSensors', summary: 'List sensors of tanks', description: 'Sorts: from.' })
  @ApiOkResponse({ type: pageOf(FuelSensorView) })
  sensors(@Query() query: ListFuelSensorsParams): Promise<Page<FuelSensorView>> {
    return this.queries.execute(new ListFuelSensorsQuery(query));
  }

  @Delete('sensors/:id')
  @Allow('fleet:write')
  @HttpCode(204)
  @Problems('fleet.fuel-sensor-not-found')
  @ApiOperation({ operationId: 'deleteFuelSensor', summary: 'Delete what the sensor of a tank means' })
  @ApiNoContentResponse()
  deleteSensor(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new DeleteFuelSensorCommand(id));
  }

  @Get('levels')
  @Allow('fleet:read')
  @Problems('fleet.vehicle-not-found')
  @ApiOperation({
    operationId: 'listFuelLevels',
    summary: 'List levels of a tank',
    description: 'One each ten minutes, smoothed; kept for 180 days. Sorts: at.',
  })
  @ApiOkResponse({ type: pageOf(FuelLevelView) })
  levels(@Query() { vehicleId, ...query }: ListFuelLevelsParams): Promise<Page<FuelLevelView>> {
    return this.queries.execute(new ListFuelLevelsQuery(vehicleId, query));
  }

  @Post('levels/make')
  @Allow('fleet:write')
  @HttpCode(200)
  @RateLimit('heavy')
  @Problems('fleet.vehicle-not-found', {
    'fleet.trips-period': 400,
    'fleet.trips-too-old': 400,
    'location.too-many-positions': 400,
  })
  @ApiOperation({
    operationId: 'makeFuelLevels',
    summary: 'Make levels, refills and drops of a period anew',
    description: 'For positions that came more than ten hours late. What people decided stays.',
  })
  @ApiOkResponse({ type: MadeFuelLevelsView })
  make(@Body() { vehicleId, from, to }: MakeFuelLevelsBody): Promise<MadeFuelLevelsView> {
    return this.commands.execute(new MakeFuelLevelsCommand(vehicleId, new Date(from), new Date(to)));
  }

  @Get('changes')
  @Allow('fleet:read')
  @ApiOperation({
    operationId: 'listFuelChanges',
    summary: 'List refills and losses that sensors saw',
    description:
      'While the vehicle stood; of batteries each charge from its beginning to its end, overnight too. Staff is told of losses once. Sorts: beganAt.',
  })
  @ApiOkResponse({ type: pageOf(FuelChangeView) })
  changes(@Query() query: ListFuelChangesParams): Promise<Page<FuelChangeView>> {
    return this.queries.execute(new ListFuelChangesQuery(query));
  }

  @Get('changes/:id')
  @Allow('fleet:read')
  @Problems('fleet.fuel-change-not-found')
  @ApiOperation({ operationId: 'getFuelChange', summary: 'Read a refill or loss that a sensor saw' })
  @ApiOkResponse({ type: FuelChangeView })
  change(@IdParam() id: string): Promise<FuelChangeView> {
    return this.queries.execute(new FindFuelChangeQuery(id));
  }

  @Post('changes/:id/decision')
  @Allow('fleet:write')
  @HttpCode(200)
  @Idempotent()
  @Problems('fleet.fuel-change-not-found', { 'fleet.fuel-change-reason': 400, 'fleet.fuel-change-state': 409 })
  @ApiOperation({
    operationId: 'decideFuelChange',
    summary: 'Confirm or dismiss a refill or loss',
    description:
      'A confirmed refill that nobody entered becomes an entry of source `detected`; an entry that is told later takes its place.',
  })
  @ApiOkResponse({ type: FuelChangeView })
  decide(@IdParam() id: string, @Body() { state, reason = null }: DecideFuelChangeBody): Promise<FuelChangeView> {
    return this.commands.execute(new DecideFuelChangeCommand(id, state, reason));
  }

  @Get('consumption')
  @Allow('fleet:read')
  @Problems('fleet.vehicle-not-found', { 'fleet.fuel-period': 400 })
  @ApiOperation({
    operationId: 'getFuelConsumption',
    summary: 'Read what a vehicle used',
    description: 'Between full tanks, and by the sensor of the tank; at most 366 days.',
  })
  @ApiOkResponse({ type: FuelConsumptionView })
  consumption(@Query() { vehicleId, from, to }: FuelConsumptionParams): Promise<FuelConsumptionView> {
    return this.queries.execute(new FuelConsumptionQuery({ vehicleId, from: new Date(from), to: new Date(to) }));
  }
}
