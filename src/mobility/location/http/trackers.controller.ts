import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import {
  ChangeTrackerCommand,
  ChangeTrackerKeyCommand,
  CreateTrackerCommand,
  DeleteTrackerCommand,
} from '../commands/manage-trackers';
import { FindTrackerQuery, ListTrackersQuery } from '../queries/trackers';
import {
  ChangeTrackerBody,
  CreateTrackerBody,
  KeyedTrackerView,
  ListTrackersParams,
  TrackerView,
} from './trackers.dto';

/** Devices that tell where they are. */
@ApiTags('trackers')
@Controller('trackers')
export class TrackersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('location:write')
  @Idempotent()
  @Problems('location.vehicle-not-found', { 'location.vehicle-retired': 409 })
  @ApiOperation({
    operationId: 'createTracker',
    summary: 'Enter a tracker',
    description:
      'The answer has its key, which is not shown again. With a vehicle it is assigned to it, and what it tells of the day before is of ' +
      'that vehicle too, unless another tracker was in it; that one leaves it.',
  })
  @ApiCreatedResponse({ type: KeyedTrackerView })
  create(@Body() { name, vehicleId = null }: CreateTrackerBody): Promise<KeyedTrackerView> {
    return this.commands.execute(new CreateTrackerCommand(name, vehicleId));
  }

  @Get()
  @Allow('location:read')
  @ApiOperation({ operationId: 'listTrackers', summary: 'List trackers', description: 'Sorts: createdAt.' })
  @ApiOkResponse({ type: pageOf(TrackerView) })
  list(@Query() query: ListTrackersParams): Promise<Page<TrackerView>> {
    return this.queries.execute(new ListTrackersQuery(query));
  }

  @Get(':id')
  @Allow('location:read')
  @Problems('location.tracker-not-found')
  @ApiOperation({ operationId: 'getTracker', summary: 'Read a tracker' })
  @ApiOkResponse({ type: TrackerView })
  get(@IdParam() id: string): Promise<TrackerView> {
    return this.queries.execute(new FindTrackerQuery(id));
  }

  @Patch(':id')
  @Allow('location:write')
  @Problems('location.tracker-not-found', 'location.vehicle-not-found', { 'location.vehicle-retired': 409 })
  @ApiOperation({
    operationId: 'changeTracker',
    summary: 'Change a tracker, or have it take positions no more',
    description:
      'Where it names a vehicle, it is assigned to it from now on, and to the one before no more; null: to none.',
  })
  @ApiOkResponse({ type: TrackerView })
  change(@IdParam() id: string, @Body() body: ChangeTrackerBody): Promise<TrackerView> {
    return this.commands.execute(new ChangeTrackerCommand(id, body));
  }

  @Delete(':id')
  @Allow('location:write')
  @HttpCode(204)
  @Problems('location.tracker-not-found', { 'location.tracker-in-vehicle': 409 })
  @ApiOperation({
    operationId: 'deleteTracker',
    summary: 'Delete a tracker and all that it told',
    description:
      'Its positions and its events at geofences are erased from now on, in parts: years of them take a while.',
  })
  @ApiNoContentResponse()
  delete(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new DeleteTrackerCommand(id));
  }

  @Post(':id/key')
  @Allow('location:write')
  @HttpCode(200)
  @Problems('location.tracker-not-found')
  @ApiOperation({
    operationId: 'changeTrackerKey',
    summary: 'Make a new key for a tracker',
    description: 'The key before is worth nothing from then on.',
  })
  @ApiOkResponse({ type: KeyedTrackerView })
  changeKey(@IdParam() id: string): Promise<KeyedTrackerView> {
    return this.commands.execute(new ChangeTrackerKeyCommand(id));
  }
}
