import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import {
  ChangeRoadOverrideCommand,
  ChangeTrafficProfileCommand,
  CreateRoadOverrideCommand,
  CreateTrafficProfileCommand,
  DeleteTrafficProfileCommand,
  EndRoadOverrideCommand,
} from '../commands/manage-traffic';
import {
  FindRoadOverrideQuery,
  FindTrafficProfileQuery,
  ListRoadOverridesQuery,
  ListTrafficProfilesQuery,
} from '../queries/traffic';
import {
  ChangeRoadOverrideBody,
  ChangeTrafficProfileBody,
  CreateRoadOverrideBody,
  CreateTrafficProfileBody,
  ListRoadOverridesParams,
  RoadOverrideView,
  TrafficProfileView,
} from './traffic.dto';

/** Traffic that an organization keeps for its routes. */
@ApiTags('routes')
@Controller('routes/traffic')
export class TrafficController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('profiles')
  @Allow('routes:traffic')
  @Idempotent()
  @Problems({
    'location.traffic-invalid': 400,
    'location.traffic-profile-taken': 409,
    'location.too-many-traffic-profiles': 409,
  })
  @ApiOperation({
    operationId: 'createTrafficProfile',
    summary: 'Keep how slow roads are by the hour of the week',
    description:
      'By kind of road, area or OpenStreetMap way. Routes, matrices, isochrones and plans take it by its name (`traffic.profile`), or the default one. At most 20.',
  })
  @ApiCreatedResponse({ type: TrafficProfileView })
  createProfile(@Body() body: CreateTrafficProfileBody): Promise<TrafficProfileView> {
    return this.commands.execute(new CreateTrafficProfileCommand(body));
  }

  @Get('profiles')
  @Allow('routes:read')
  @ApiOperation({
    operationId: 'listTrafficProfiles',
    summary: 'List profiles of traffic',
    description: 'Sorts: createdAt.',
  })
  @ApiOkResponse({ type: pageOf(TrafficProfileView) })
  profiles(@Query() query: ListQuery): Promise<Page<TrafficProfileView>> {
    return this.queries.execute(new ListTrafficProfilesQuery(query));
  }

  @Get('profiles/:id')
  @Allow('routes:read')
  @Problems('location.traffic-profile-not-found')
  @ApiOperation({ operationId: 'getTrafficProfile', summary: 'Read a profile of traffic' })
  @ApiOkResponse({ type: TrafficProfileView })
  profile(@IdParam() id: string): Promise<TrafficProfileView> {
    return this.queries.execute(new FindTrafficProfileQuery(id));
  }

  @Patch('profiles/:id')
  @Allow('routes:traffic')
  @Problems('location.traffic-profile-not-found', {
    'location.traffic-invalid': 400,
    'location.traffic-profile-taken': 409,
  })
  @ApiOperation({ operationId: 'changeTrafficProfile', summary: 'Change a profile of traffic' })
  @ApiOkResponse({ type: TrafficProfileView })
  changeProfile(@IdParam() id: string, @Body() body: ChangeTrafficProfileBody): Promise<TrafficProfileView> {
    return this.commands.execute(new ChangeTrafficProfileCommand(id, body));
  }

  @Delete('profiles/:id')
  @Allow('routes:traffic')
  @HttpCode(204)
  @Problems('location.traffic-profile-not-found')
  @ApiOperation({ operationId: 'deleteTrafficProfile', summary: 'Delete a profile of traffic' })
  @ApiNoContentResponse()
  deleteProfile(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new DeleteTrafficProfileCommand(id));
  }

  @Post('overrides')
  @Allow('routes:traffic')
  @Idempotent()
  @Problems({ 'location.traffic-invalid': 400, 'location.too-many-road-overrides': 409 })
  @ApiOperation({
    operationId: 'createRoadOverride',
    summary: 'Say that roads are slow or closed',
    description:
      'From now or later on, until a time or until it is ended. It counts on top of profiles and of what a question tells, at the time at which a road is driven. At most 200 now or later.',
  })
  @ApiCreatedResponse({ type: RoadOverrideView })
  createOverride(@Body() body: CreateRoadOverrideBody): Promise<RoadOverrideView> {
    return this.commands.execute(new CreateRoadOverrideCommand(body));
  }

  @Get('overrides')
  @Allow('routes:read')
  @ApiOperation({
    operationId: 'listRoadOverrides',
    summary: 'List roads that are slow or closed',
    description: 'Ended ones for 30 days. Sorts: createdAt.',
  })
  @ApiOkResponse({ type: pageOf(RoadOverrideView) })
  overrides(@Query() query: ListRoadOverridesParams): Promise<Page<RoadOverrideView>> {
    return this.queries.execute(new ListRoadOverridesQuery(query));
  }

  @Get('overrides/:id')
  @Allow('routes:read')
  @Problems('location.road-override-not-found')
  @ApiOperation({ operationId: 'getRoadOverride', summary: 'Read what is said of roads that are slow or closed' })
  @ApiOkResponse({ type: RoadOverrideView })
  override(@IdParam() id: string): Promise<RoadOverrideView> {
    return this.queries.execute(new FindRoadOverrideQuery(id));
  }

  @Patch('overrides/:id')
  @Allow('routes:traffic')
  @Problems('location.road-override-not-found', 'location.road-override-ended', { 'location.traffic-invalid': 400 })
  @ApiOperation({ operationId: 'changeRoadOverride', summary: 'Change what is said of roads' })
  @ApiOkResponse({ type: RoadOverrideView })
  changeOverride(@IdParam() id: string, @Body() body: ChangeRoadOverrideBody): Promise<RoadOverrideView> {
    return this.commands.execute(new ChangeRoadOverrideCommand(id, body));
  }

  @Delete('overrides/:id')
  @Allow('routes:traffic')
  @HttpCode(204)
  @Problems('location.road-override-not-found')
  @ApiOperation({
    operationId: 'endRoadOverride',
    summary: 'Say that roads are as usual again',
    description: 'It ends at once, and can be read for 30 days.',
  })
  @ApiNoContentResponse()
  endOverride(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new EndRoadOverrideCommand(id));
  }
}
