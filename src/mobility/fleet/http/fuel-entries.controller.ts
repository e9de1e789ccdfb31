import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { Clock } from '../../../kernel/clock/clock';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { ChangeFuelEntryCommand, DeleteFuelEntryCommand, EnterFuelCommand } from '../commands/manage-fuel-entries';
import { FindFuelEntryQuery, ListFuelEntriesQuery } from '../queries/fuel-entries';
import { ChangeFuelEntryBody, EnterFuelBody, FuelEntryView, ListFuelEntriesParams } from './fuel-entries.dto';

/** What was filled into vehicles. */
@ApiTags('fuel')
@Controller('fuel/entries')
export class FuelEntriesController {
  constructor(
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('fleet:write', 'fleet:write-own')
  @Idempotent({ required: true })
  @Problems(
    'fleet.vehicle-not-found',
    'fleet.driver-not-found',
    'fleet.fuel-none',
    'fleet.vehicle-retired',
    'fleet.meter-backwards',
    'fleet.reading-exists',
    'files.file-not-found',
    'files.not-clean',
    { 'fleet.fuel-ahead': 400, 'fleet.reading-ahead': 400 },
  )
  @ApiOperation({
    operationId: 'enterFuel',
    summary: 'Enter what was filled in',
    description:
      'An odometer that is told with it becomes a reading of the meter. A driver enters what it fills into the vehicle that it drives now.',
  })
  @ApiCreatedResponse({ type: FuelEntryView })
  enter(@Body() body: EnterFuelBody): Promise<FuelEntryView> {
    const { vehicleId, at, odometer = null, full = false, total = null, ...rest } = body;
    const { station = null, location = null, note = null, fileId = null } = rest;
    return this.commands.execute(
      new EnterFuelCommand(vehicleId, {
        ...{ ...rest, station, location, note, fileId, odometer, full, total },
        at: at ? new Date(at) : this.clock.now(),
      }),
    );
  }

  @Get()
  @Allow('fleet:read', 'fleet:read-own')
  @ApiOperation({
    operationId: 'listFuelEntries',
    summary: 'List what was filled in',
    description: 'A driver sees what it filled in itself. Sorts: at.',
  })
  @ApiOkResponse({ type: pageOf(FuelEntryView) })
  list(@Query() query: ListFuelEntriesParams): Promise<Page<FuelEntryView>> {
    return this.queries.execute(new ListFuelEntriesQuery(query));
  }

  @Get(':id')
  @Allow('fleet:read', 'fleet:read-own')
  @Problems('fleet.fuel-entry-not-found')
  @ApiOperation({ operationId: 'getFuelEntry', summary: 'Read what was filled in' })
  @ApiOkResponse({ type: FuelEntryView })
  get(@IdParam() id: string): Promise<FuelEntryView> {
    return this.queries.execute(new FindFuelEntryQuery(id));
  }

  @Patch(':id')
  @Allow('fleet:write')
  @Idempotent()
  @Problems('fleet.fuel-entry-not-found', 'fleet.driver-not-found', 'files.file-not-found', 'files.not-clean')
  @ApiOperation({
    operationId: 'changeFuelEntry',
    summary: 'Correct what was filled in',
    description:
      'When it was stays: delete it and enter it anew, without the odometer. A wrong odometer is a wrong reading of the meter, which stays when this is deleted: send a correction of the meter with its reason (recordMeterReading).',
  })
  @ApiOkResponse({ type: FuelEntryView })
  change(@IdParam() id: string, @Body() body: ChangeFuelEntryBody): Promise<FuelEntryView> {
    return this.commands.execute(new ChangeFuelEntryCommand(id, body));
  }

  @Delete(':id')
  @Allow('fleet:write')
  @HttpCode(204)
  @Problems('fleet.fuel-entry-not-found', 'fleet.fuel-entry-of-card')
  @ApiOperation({
    operationId: 'deleteFuelEntry',
    summary: 'Delete what was filled in',
    description: 'A reading of the odometer that came with it stays.',
  })
  @ApiNoContentResponse()
  delete(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new DeleteFuelEntryCommand(id));
  }
}
