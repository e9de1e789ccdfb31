import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Problems, RateLimit } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { MakeTripsCommand } from '../commands/make-trips';
import { DrivingScoresQuery, FindTripQuery, ListTripsQuery } from '../queries/trips';
import {
  DrivingScoresParams,
  DrivingScoresView,
  FleetTripDetailsView,
  FleetTripView,
  ListFleetTripsParams,
  MadeTripsView,
  MakeTripsBody,
} from './trips.dto';

/** Where vehicles went, and how they were driven. */
@ApiTags('trips')
@Controller('trips')
export class TripsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('fleet:read', 'fleet:read-own')
  @ApiOperation({
    operationId: 'listFleetTrips',
    summary: 'List trips',
    description:
      'A driver sees those that it drove. They follow the tracks within some minutes, sooner where a vehicle has stopped. Sorts: startedAt.',
  })
  @ApiOkResponse({ type: pageOf(FleetTripView) })
  list(@Query() query: ListFleetTripsParams): Promise<Page<FleetTripView>> {
    return this.queries.execute(new ListTripsQuery(query));
  }

  @Post('make')
  @Allow('fleet:write')
  @HttpCode(200)
  @RateLimit('heavy')
  @Problems('fleet.vehicle-not-found', {
    'fleet.trips-period': 400,
    'fleet.trips-too-old': 400,
    'location.too-many-positions': 400,
  })
  @ApiOperation({
    operationId: 'makeFleetTrips',
    summary: 'Make the trips of a period anew',
    description:
      'Those that began in it, each to its end, for positions that came more than ten hours late. Doing it again changes nothing else.',
  })
  @ApiOkResponse({ type: MadeTripsView })
  make(@Body() { vehicleId, from, to }: MakeTripsBody): Promise<MadeTripsView> {
    return this.commands.execute(new MakeTripsCommand(vehicleId, new Date(from), new Date(to)));
  }

  @Get('scores')
  @Allow('fleet:read', 'fleet:read-own')
  @ApiOperation({
    operationId: 'listDrivingScores',
    summary: 'Read how vehicles or drivers drove',
    description:
      'By harsh events, speeding, nights and idling for 100 km, judged by the class of the vehicle; the worst first.',
  })
  @ApiOkResponse({ type: DrivingScoresView })
  scores(@Query() query: DrivingScoresParams): Promise<DrivingScoresView> {
    return this.queries.execute(new DrivingScoresQuery(query));
  }

  @Get(':id')
  @Allow('fleet:read', 'fleet:read-own')
  @Problems('fleet.trip-not-found')
  @ApiOperation({ operationId: 'getFleetTrip', summary: 'Read a trip with its driving events' })
  @ApiOkResponse({ type: FleetTripDetailsView })
  get(@IdParam() id: string): Promise<FleetTripDetailsView> {
    return this.queries.execute(new FindTripQuery(id));
  }
}
