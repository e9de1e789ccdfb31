import { Body, Controller, Get, Headers, HttpCode, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiHeader, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, CurrentPrincipal, Public } from '../../../kernel/auth/decorators';
import { hasPermission, type Principal } from '../../../kernel/auth/principal';
import { permissionMissing } from '../../../kernel/auth/require-permission';
import { Consumes, Problems, RateLimit, ReadsBytes } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { RecordPositionsCommand } from '../commands/record-positions';
import { MOST_BATCH_BYTES } from '../domain/fix';
import { keyRequired } from '../domain/location.errors';
import { MEDIA_TYPES, trackFile } from '../domain/track-file';
import { HistoryQuery } from '../queries/history';
import { ListLatestPositionsQuery } from '../queries/latest';
import { TrackerOfKeyQuery } from '../queries/trackers';
import {
  ExportHistoryParams,
  HistoryParams,
  HistoryView,
  LatestParams,
  LatestPositionView,
  PositionReceiptView,
  RecordPositionsBody,
} from './location.dto';
import { OSMAND_BODY, OsmAndQuery, reportOf } from './osmand';

const INGEST = {
  'location.tracker-key-required': 401,
  'location.tracker-key-unknown': 401,
  'auth.permission-missing': 403,
  'location.tracker-limit': 429,
  'location.busy': 503,
};
const OF_HISTORY = [
  'location.tracker-not-found',
  {
    'location.range-invalid': 400,
    'location.too-many-positions': 400,
    'location.router-busy': 503,
    'location.router-gave-up': 503,
  },
] as const;

/** Where trackers are and were. */
@ApiTags('location')
@Controller('location')
export class LocationController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('positions')
  @Public({ tenant: 'none' })
  @RateLimit('ingest')
  @ReadsBytes(MOST_BATCH_BYTES)
  @HttpCode(200)
  @Problems(INGEST)
  @ApiHeader({
    name: 'X-Tracker-Key',
    required: false,
    description: 'The key of the one tracker that all positions are of.',
  })
  @ApiOperation({
    operationId: 'recordPositions',
    summary: 'Tell positions',
    description:
      'With a tracker key, or a token with `location:write`. Answered once all are safe. Sent again they are duplicates, and in any order they come to the same; bad ones are named and the rest is kept. A body has at most 2 MiB. After 503 a part may be kept: send all of it again.',
  })
  @ApiOkResponse({ type: PositionReceiptView })
  async record(
    @Body() { positions }: RecordPositionsBody,
    @Headers('x-tracker-key') key: string | undefined,
    @CurrentPrincipal() principal: Principal,
  ): Promise<PositionReceiptView> {
    if (key !== undefined) return this.keep(key, positions);
    if (principal.tenantId === null || principal.kind === 'guest') throw keyRequired();
    if (!hasPermission(principal, 'location:write')) throw permissionMissing('location:write');
    return this.commands.execute(new RecordPositionsCommand(principal.tenantId, positions, null));
  }

  @Get('osmand')
  @Public({ tenant: 'none' })
  @RateLimit('ingest')
  @Problems(INGEST)
  @OsmAndQuery()
  @ApiOperation({
    operationId: 'recordPositionByUrl',
    summary: 'Tell a position in the way of OsmAnd',
    description:
      'What Traccar Client, OsmAnd and other phone trackers send; `id` is the tracker’s key. A parameter that is not named here is kept as an attribute, as far as attributes may be long and many.',
  })
  @ApiOkResponse({ type: PositionReceiptView })
  byUrl(@Query() query: Record<string, unknown>): Promise<PositionReceiptView> {
    return this.report(query, undefined);
  }

  @Post('osmand')
  @Public({ tenant: 'none' })
  @RateLimit('ingest')
  @Consumes('application/x-www-form-urlencoded')
  @HttpCode(200)
  @Problems(INGEST, { 'location.batch-too-long': 400 })
  @OsmAndQuery()
  @ApiBody({ required: false, schema: OSMAND_BODY })
  @ApiOperation({
    operationId: 'postPositionByUrl',
    summary: 'Tell a position in the way of OsmAnd, by POST',
    description:
      'As by GET. What is told stands in the address, in a form, or in the JSON of newer clients: `{device_id, location: {timestamp, coords: {latitude, longitude, ...}, ...}}` with one location or a list of them, speeds in metres a second.',
  })
  @ApiOkResponse({ type: PositionReceiptView })
  postByUrl(@Query() query: Record<string, unknown>, @Body() body: unknown): Promise<PositionReceiptView> {
    return this.report(query, body);
  }

  @Get('history')
  @Allow('location:read')
  @RateLimit('heavy')
  @Problems(...OF_HISTORY)
  @ApiOperation({ operationId: 'getLocationHistory', summary: 'Read a track, with its trips and stops' })
  @ApiOkResponse({ type: HistoryView })
  async history(@Query() query: HistoryParams): Promise<HistoryView> {
    const found = await this.queries.execute(new HistoryQuery(query));
    const iso = (ms: number): string => new Date(ms).toISOString();
    const points = found.points.map(({ fixTime, deviceTime, receivedAt, ...point }) => ({
      fixTime: iso(fixTime),
      ...point,
      ...(found.view === 'raw'
        ? { deviceTime: deviceTime === null ? null : iso(deviceTime), receivedAt: iso(receivedAt) }
        : {}),
    }));
    return { ...found, points };
  }

  @Get('history/export')
  @Allow('location:read')
  @RateLimit('heavy')
  @Problems(...OF_HISTORY)
  @ApiOperation({ operationId: 'exportLocationHistory', summary: 'Get a track as GPX, KML, GeoJSON or CSV' })
  @ApiProduces(...Object.values(MEDIA_TYPES).map((type) => type.split(';')[0]))
  @ApiOkResponse({ schema: { type: 'string' }, description: 'The track in the form that was asked for.' })
  async export(@Query() { format, ...query }: ExportHistoryParams, @Res() reply: FastifyReply): Promise<void> {
    const { name, points } = await this.queries.execute(new HistoryQuery(query));
    await reply
      .header('content-type', MEDIA_TYPES[format])
      .header('content-disposition', `attachment; filename="track.${format}"`)
      .send(trackFile(format, name, points));
  }

  @Get('latest')
  @Allow('location:read')
  @ApiOperation({
    operationId: 'listLatestPositions',
    summary: 'List where trackers are',
    description: 'The latest believed position of each. Sorts: fixTime.',
  })
  @ApiOkResponse({ type: pageOf(LatestPositionView) })
  latest(@Query() query: LatestParams): Promise<Page<LatestPositionView>> {
    return this.queries.execute(new ListLatestPositionsQuery(query));
  }

  private report(query: Record<string, unknown>, body: unknown): Promise<PositionReceiptView> {
    const { key, positions } = reportOf(query, body);
    return this.keep(key, positions);
  }

  private async keep(key: string, positions: unknown[]): Promise<PositionReceiptView> {
    const { tenantId, trackerId } = await this.queries.execute(new TrackerOfKeyQuery(key));
    return this.commands.execute(new RecordPositionsCommand(tenantId, positions, trackerId));
  }
}
