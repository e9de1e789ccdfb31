import { Controller, Get, Query, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { AnalyticsQuery } from '../queries/analytics';
import { HeatMapQuery, type HeatMapReport } from '../queries/heat-map';
import { SpeedProfileQuery } from '../queries/speed-profile';
import {
  AnalyticsParams,
  HeatMapParams,
  HeatMapView,
  SpeedProfileParams,
  SpeedProfileView,
  TrackerActivityView,
} from './analytics.dto';

const OF_COUNTING = {
  'location.period-invalid': 400,
  'location.too-many-to-count': 400,
  'location.counting': 429,
} as const;
const OF_HEAT = { ...OF_COUNTING, 'location.too-many-cells': 400 } as const;

/** What follows from where trackers were. */
@ApiTags('location')
@Controller('location')
export class AnalyticsController {
  constructor(private readonly queries: QueryBus) {}

  @Get('analytics')
  @Allow('location:read')
  @RateLimit('heavy')
  @Problems(OF_COUNTING)
  @ApiOperation({
    operationId: 'listTrackerAnalytics',
    summary: 'List what trackers did',
    description:
      'Distance, time, trips, stops, speed, what was told and what was not, by tracker and by day, week or month of a time zone; at most 366 days. Found by the same rules as trips: what lies on both sides of a midnight is split by time. Sorts: createdAt.',
  })
  @ApiOkResponse({ type: pageOf(TrackerActivityView) })
  analytics(@Query() query: AnalyticsParams): Promise<Page<TrackerActivityView>> {
    return this.queries.execute(new AnalyticsQuery(query));
  }

  @Get('speed-profile')
  @Allow('location:read')
  @RateLimit('heavy')
  @Problems('location.tracker-not-found', {
    'location.range-invalid': 400,
    'location.too-many-positions': 400,
    'location.period-invalid': 400,
  })
  @ApiOperation({
    operationId: 'getSpeedProfile',
    summary: 'Read how fast a tracker moved',
    description: 'In bins of time or distance, and the share of each band of speed. Stops and silences are left out.',
  })
  @ApiOkResponse({ type: SpeedProfileView })
  speedProfile(@Query() query: SpeedProfileParams): Promise<SpeedProfileView> {
    return this.queries.execute(new SpeedProfileQuery(query));
  }

  @Get('heat-map')
  @Allow('location:read')
  @RateLimit('heavy')
  @Problems('location.tracker-not-found', OF_HEAT)
  @ApiOperation({
    operationId: 'getHeatMap',
    summary: 'Read where trackers were, by cells of H3',
    description: 'At most 366 days and 10,000 cells.',
  })
  @ApiOkResponse({ type: HeatMapView })
  async heatMap(@Query() query: HeatMapParams): Promise<HeatMapView> {
    const { cells, ...report } = await this.heatMapOf(query);
    return { ...report, cells: cells.map(({ edge: _edge, ...cell }) => cell) };
  }

  @Get('heat-map/geojson')
  @Allow('location:read')
  @RateLimit('heavy')
  @Problems('location.tracker-not-found', OF_HEAT)
  @ApiOperation({ operationId: 'exportHeatMap', summary: 'Get a heat map as polygons of GeoJSON' })
  @ApiProduces('application/geo+json')
  @ApiOkResponse({
    schema: { type: 'object', additionalProperties: true },
    description: 'A FeatureCollection with a polygon for each cell.',
  })
  async geojson(@Query() query: HeatMapParams, @Res() reply: FastifyReply): Promise<void> {
    const { cells, ...report } = await this.heatMapOf(query);
    const features = cells.map(({ edge, cell, lat: _lat, lng: _lng, ...heat }) => ({
      ...{ type: 'Feature', id: cell, geometry: { type: 'Polygon', coordinates: [edge] }, properties: heat },
    }));
    await reply
      .header('content-type', 'application/geo+json')
      .header('content-disposition', 'attachment; filename="heat-map.geojson"')
      .send(`${JSON.stringify({ type: 'FeatureCollection', ...report, features })}\n`);
  }

  private heatMapOf({ bbox, trackerId, ...query }: HeatMapParams): Promise<HeatMapReport> {
    return this.queries.execute(new HeatMapQuery({ ...query, box: bbox, trackerIds: trackerId }));
  }
}
