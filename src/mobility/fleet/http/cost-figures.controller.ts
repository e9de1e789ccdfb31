import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { CostSummaryQuery } from '../queries/cost-summary';
import { EmissionsQuery } from '../queries/emissions';
import { IdleCostsQuery } from '../queries/idle-costs';
import { UtilisationQuery } from '../queries/utilisation';
import {
  CostSummaryParams,
  CostSummaryView,
  EmissionsParams,
  EmissionsView,
  IdleCostsParams,
  IdleCostsView,
  UtilisationParams,
  UtilisationView,
} from './cost-figures.dto';

/** Below this share of days a vehicle is under-used. */
const THRESHOLD = 0.25;

/** Figures that follow from costs, fuel and trips. */
@ApiTags('costs')
@RateLimit('heavy')
@Problems({ 'fleet.report-period': 400 })
@Controller('costs')
export class CostFiguresController {
  constructor(private readonly queries: QueryBus) {}

  @Get('summary')
  @Allow('fleet:read')
  @ApiOperation({
    operationId: 'getCostSummary',
    summary: 'Read what vehicles cost, a kilometre, an hour and a day',
    description:
      'Entries, work orders, fuel and depreciation; what is spread over days counts with the days of the period. By driver: what names one is that one’s, of all else each day is of whoever was with the vehicle at its noon.',
  })
  @ApiOkResponse({ type: CostSummaryView })
  summary(@Query() query: CostSummaryParams): Promise<CostSummaryView> {
    return this.queries.execute(new CostSummaryQuery(query));
  }

  @Get('idle')
  @Allow('fleet:read')
  @ApiOperation({
    operationId: 'getIdleCosts',
    summary: 'Read what idling cost',
    description:
      'Idle hours of trips × (consumption × price of fuel + cost of an hour), with where each of them is from.',
  })
  @ApiOkResponse({ type: IdleCostsView })
  idle(@Query() query: IdleCostsParams): Promise<IdleCostsView> {
    return this.queries.execute(new IdleCostsQuery(query));
  }

  @Get('emissions')
  @Allow('fleet:read')
  @ApiOperation({
    operationId: 'getEmissions',
    summary: 'Read CO2 equivalents of vehicles',
    description:
      'Of the fuel that was filled in; where none was, of the distance by the vehicle’s norm or by its class.',
  })
  @ApiOkResponse({ type: EmissionsView })
  emissions(@Query() query: EmissionsParams): Promise<EmissionsView> {
    return this.queries.execute(new EmissionsQuery(query));
  }

  @Get('utilisation')
  @Allow('fleet:read')
  @ApiOperation({
    operationId: 'getUtilisation',
    summary: 'Read how much vehicles are used',
    description: 'Days and hours with trips, of those on which the vehicles were there; the least used first.',
  })
  @ApiOkResponse({ type: UtilisationView })
  utilisation(@Query() { threshold = THRESHOLD, ...query }: UtilisationParams): Promise<UtilisationView> {
    return this.queries.execute(new UtilisationQuery({ ...query, threshold }));
  }
}
