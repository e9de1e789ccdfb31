import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, SessionOnly } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import { FollowGeofenceCommand, UnfollowGeofenceCommand } from '../commands/follow-fences';
import { ChangeGeofenceCommand, CreateGeofenceCommand, DeleteGeofenceCommand } from '../commands/manage-fences';
import { FOLLOWED_TYPES, FollowedQuery } from '../queries/alerts';
import { FindGeofenceQuery, ListFenceEventsQuery, ListGeofencesQuery } from '../queries/fences';
import {
  ChangeGeofenceBody,
  CreateGeofenceBody,
  FenceEventView,
  FollowedView,
  FollowGeofenceBody,
  GeofenceView,
  ListFenceEventsParams,
} from './geofences.dto';

/** Places that trackers are watched at. */
@ApiTags('geofences')
@Controller('geofences')
export class GeofencesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('location:write')
  @Idempotent()
  @Problems({
    'location.shape-invalid': 400,
    'location.schedule-invalid': 400,
    'location.too-many-geofences': 409,
  })
  @ApiOperation({
    operationId: 'createGeofence',
    summary: 'Draw a geofence',
    description:
      'At most 10,000, of 250,000 positions together. A tracker is watched at 50 at once: where more lie over each other, the oldest count. With a `schedule` it is watched at positions of these hours alone: who is inside at the first of them is told as `inside_start`, a stay ends with the hours without an exit, and a dwell counts within them.',
  })
  @ApiCreatedResponse({ type: GeofenceView })
  create(@Body() { name, shape, dwellSeconds = null, schedule = null }: CreateGeofenceBody): Promise<GeofenceView> {
    return this.commands.execute(new CreateGeofenceCommand({ name, shape, dwellSeconds, schedule }));
  }

  @Get()
  @Allow('location:read')
  @ApiOperation({ operationId: 'listGeofences', summary: 'List geofences', description: 'Sorts: createdAt.' })
  @ApiOkResponse({ type: pageOf(GeofenceView) })
  list(@Query() query: ListQuery): Promise<Page<GeofenceView>> {
    return this.queries.execute(new ListGeofencesQuery(query));
  }

  @Get('events')
  @Allow('location:read')
  @ApiOperation({
    operationId: 'listGeofenceEvents',
    summary: 'List what happened at geofences',
    description: 'Sorts: at.',
  })
  @ApiOkResponse({ type: pageOf(FenceEventView) })
  events(@Query() query: ListFenceEventsParams): Promise<Page<FenceEventView>> {
    return this.queries.execute(new ListFenceEventsQuery(query, query.superseded ?? false));
  }

  @Get(':id')
  @Allow('location:read')
  @Problems('location.geofence-not-found')
  @ApiOperation({ operationId: 'getGeofence', summary: 'Read a geofence' })
  @ApiOkResponse({ type: GeofenceView })
  get(@IdParam() id: string): Promise<GeofenceView> {
    return this.queries.execute(new FindGeofenceQuery(id));
  }

  @Get(':id/follow')
  @Allow('location:read')
  @SessionOnly()
  @Problems('location.geofence-not-found')
  @ApiOperation({ operationId: 'getFollowedGeofence', summary: 'Read what one is notified of at a geofence' })
  @ApiOkResponse({ type: FollowedView })
  followed(@IdParam() id: string): Promise<FollowedView> {
    return this.queries.execute(new FollowedQuery(id));
  }

  @Put(':id/follow')
  @Allow('location:read')
  @SessionOnly()
  @Problems('location.geofence-not-found')
  @ApiOperation({
    operationId: 'followGeofence',
    summary: 'Be notified of what happens at a geofence',
    description:
      'By the channels that one chose for the category `tracking`. What devices tell late is not alarmed about.',
  })
  @ApiOkResponse({ type: FollowedView })
  follow(@IdParam() id: string, @Body() { types }: FollowGeofenceBody): Promise<FollowedView> {
    return this.commands.execute(new FollowGeofenceCommand(id, types ?? FOLLOWED_TYPES));
  }

  @Delete(':id/follow')
  @Allow('location:read')
  @SessionOnly()
  @HttpCode(204)
  @Problems('location.geofence-not-found')
  @ApiOperation({ operationId: 'unfollowGeofence', summary: 'Be notified of a geofence no more' })
  @ApiNoContentResponse()
  unfollow(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new UnfollowGeofenceCommand(id));
  }

  @Patch(':id')
  @Allow('location:write')
  @Problems('location.geofence-not-found', {
    'location.shape-invalid': 400,
    'location.schedule-invalid': 400,
    'location.too-many-geofences': 409,
  })
  @ApiOperation({
    operationId: 'changeGeofence',
    summary: 'Change a geofence',
    description:
      'A new shape, another `schedule` or `dwellSeconds` is taken up where trackers are then, without events; a stay counts from there.',
  })
  @ApiOkResponse({ type: GeofenceView })
  change(@IdParam() id: string, @Body() body: ChangeGeofenceBody): Promise<GeofenceView> {
    return this.commands.execute(new ChangeGeofenceCommand(id, body));
  }

  @Delete(':id')
  @Allow('location:write')
  @HttpCode(204)
  @Problems('location.geofence-not-found')
  @ApiOperation({ operationId: 'deleteGeofence', summary: 'Delete a geofence', description: 'Its events stay.' })
  @ApiNoContentResponse()
  delete(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new DeleteGeofenceCommand(id));
  }
}
