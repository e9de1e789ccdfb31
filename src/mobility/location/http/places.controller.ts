import { Body, Controller, Delete, Get, Headers, HttpCode, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, CurrentPrincipal } from '../../../kernel/auth/decorators';
import { hasPermission, type Principal } from '../../../kernel/auth/principal';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import {
  ChangePlaceCommand,
  CreatePlaceCommand,
  DeletePlaceCommand,
  type PlaceChange,
} from '../commands/manage-places';
import {
  TellAvailabilityCommand,
  TellPricesCommand,
  WithdrawAvailabilityCommand,
  WithdrawPriceCommand,
} from '../commands/tell-of-places';
import { NearbyByDrivingQuery } from '../queries/nearby-by-driving';
import { NearbyPlacesQuery } from '../queries/nearby-places';
import { FindPlaceQuery, ListPlacePricesQuery, ListPlacesQuery } from '../queries/places';
import { NearbyPlacesParams, NearbyPlaceView } from './nearby.dto';
import { ChangePlaceBody, CreatePlaceBody, FindPlaceParams, ListPlacesParams, PlaceDetailsView } from './places.dto';
import {
  ListPlacePricesParams,
  PastPriceView,
  TellAvailabilityBody,
  TellPricesBody,
  WithdrawAvailabilityParams,
  WithdrawPriceParams,
} from './told.dto';

/** Staff see every place, everybody else those that are listed. */
export const listedAlone = (principal: Principal): boolean => !hasPermission(principal, 'places:read');

const changeOf = <B extends ChangePlaceBody>({ address, ...body }: B): Omit<B, 'address'> & PlaceChange => ({
  ...body,
  ...address,
});
const WRONG = {
  'location.place-kind-unknown': 400,
  'location.opening-hours-invalid': 400,
  'location.place-source-incomplete': 400,
};

/** Where things are that a company goes to, and what is told of them. */
@ApiTags('places')
@Controller('places')
export class PlacesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('places:read', 'places:browse')
  @ApiOperation({
    operationId: 'listPlaces',
    summary: 'List places',
    description: 'Without `places:read` those that are listed. Sorts: createdAt (default -createdAt), name.',
  })
  @ApiOkResponse({ type: pageOf(PlaceDetailsView) })
  list(@Query() query: ListPlacesParams, @CurrentPrincipal() principal: Principal): Promise<Page<PlaceDetailsView>> {
    return this.queries.execute(new ListPlacesQuery(query, listedAlone(principal)));
  }

  @Get('nearby')
  @Allow('places:read', 'places:browse')
  @Problems({ 'location.router-busy': 503, 'location.router-gave-up': 503 })
  @ApiOperation({
    operationId: 'listNearbyPlaces',
    summary: 'Find places nearby',
    description:
      'The nearest first, as the crow flies. Without `places:read` those that are listed. Sorts: distance, driving-time.',
  })
  @ApiOkResponse({ type: pageOf(NearbyPlaceView) })
  nearby(@Query() query: NearbyPlacesParams, @CurrentPrincipal() principal: Principal): Promise<Page<NearbyPlaceView>> {
    const Asked = query.sort === 'driving-time' ? NearbyByDrivingQuery : NearbyPlacesQuery;
    return this.queries.execute(new Asked(query, listedAlone(principal)));
  }

  @Post()
  @Allow('places:write')
  @Idempotent()
  @Problems(WRONG, 'location.place-external-id-taken')
  @ApiOperation({ operationId: 'createPlace', summary: 'Enter a place' })
  @ApiCreatedResponse({ type: PlaceDetailsView })
  create(@Body() body: CreatePlaceBody): Promise<PlaceDetailsView> {
    return this.commands.execute(new CreatePlaceCommand(changeOf(body)));
  }

  @Get(':id')
  @Allow('places:read', 'places:browse')
  @Problems('location.place-not-found')
  @ApiOperation({ operationId: 'getPlace', summary: 'Read a place' })
  @ApiOkResponse({ type: PlaceDetailsView })
  async get(
    @IdParam() id: string,
    @Query() { at }: FindPlaceParams,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PlaceDetailsView> {
    const place = await this.queries.execute(new FindPlaceQuery(id, listedAlone(principal), at));
    void reply.header('etag', etagOf(place.version));
    return place;
  }

  @Patch(':id')
  @Allow('places:write')
  @Problems('location.place-not-found', WRONG, 'location.place-external-id-taken', {
    'location.place-changed': 412,
    'http.etag-unknown': 412,
  })
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the place that the change is based on.' })
  @ApiOperation({
    operationId: 'changePlace',
    summary: 'Change a place',
    description: 'Members that are left out stay as they are, of the address as well; hours are replaced as a whole.',
  })
  @ApiOkResponse({ type: PlaceDetailsView })
  async change(
    @IdParam() id: string,
    @Body() body: ChangePlaceBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PlaceDetailsView> {
    const place = await this.commands.execute(new ChangePlaceCommand(id, changeOf(body), versionOfIfMatch(ifMatch)));
    void reply.header('etag', etagOf(place.version));
    return place;
  }

  @Delete(':id')
  @Allow('places:write')
  @HttpCode(204)
  @Problems('location.place-not-found')
  @ApiOperation({
    operationId: 'deletePlace',
    summary: 'Delete a place',
    description: 'With its prices and reviews.',
  })
  @ApiNoContentResponse()
  delete(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new DeletePlaceCommand(id));
  }

  @Put(':id/prices')
  @Allow('places:write')
  @Problems('location.place-not-found', { 'location.told-invalid': 400 })
  @ApiOperation({
    operationId: 'tellPlacePrices',
    summary: 'Tell prices of a place',
    description: 'Of each product and unit the latest by `toldAt` is the price; every one is in the history.',
  })
  @ApiOkResponse({ type: PlaceDetailsView })
  tellPrices(@IdParam() id: string, @Body() { prices, toldAt }: TellPricesBody): Promise<PlaceDetailsView> {
    const told = prices.map(({ price, quantity = 1, ...one }) => ({ ...one, quantity, ...price }));
    return this.commands.execute(new TellPricesCommand(id, told, timeOf(toldAt)));
  }

  @Get(':id/prices')
  @Allow('places:read', 'places:browse')
  @Problems('location.place-not-found')
  @ApiOperation({
    operationId: 'listPlacePrices',
    summary: 'List what prices were told to be',
    description: 'Sorts: toldAt (default -toldAt).',
  })
  @ApiOkResponse({ type: pageOf(PastPriceView) })
  prices(
    @IdParam() id: string,
    @Query() query: ListPlacePricesParams,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<PastPriceView>> {
    return this.queries.execute(new ListPlacePricesQuery(id, query, listedAlone(principal)));
  }

  @Put(':id/availability')
  @Allow('places:write')
  @Problems('location.place-not-found', { 'location.told-invalid': 400 })
  @ApiOperation({
    operationId: 'tellPlaceAvailability',
    summary: 'Tell what is free at a place',
    description: 'Of each resource the latest by `toldAt` counts, until it expires.',
  })
  @ApiOkResponse({ type: PlaceDetailsView })
  tellAvailability(
    @IdParam() id: string,
    @Body() { resources, validSeconds = 900, toldAt }: TellAvailabilityBody,
  ): Promise<PlaceDetailsView> {
    const told = resources.map(({ total = null, ...one }) => ({ ...one, total }));
    return this.commands.execute(new TellAvailabilityCommand(id, told, validSeconds, timeOf(toldAt)));
  }

  @Delete(':id/prices')
  @Allow('places:write')
  @HttpCode(204)
  @Problems('location.place-not-found', 'location.told-not-found')
  @ApiOperation({
    operationId: 'withdrawPlacePrice',
    summary: 'Take back a price of a place',
    description: 'Of a product and unit. The history keeps it; news from before does not bring it back.',
  })
  @ApiNoContentResponse()
  withdrawPrice(@IdParam() id: string, @Query() { product, unit }: WithdrawPriceParams): Promise<void> {
    return this.commands.execute(new WithdrawPriceCommand(id, product, unit));
  }

  @Delete(':id/availability')
  @Allow('places:write')
  @HttpCode(204)
  @Problems('location.place-not-found', 'location.told-not-found')
  @ApiOperation({
    operationId: 'withdrawPlaceAvailability',
    summary: 'Take back what is free of a resource',
    description: 'News from before does not bring it back.',
  })
  @ApiNoContentResponse()
  withdrawAvailability(@IdParam() id: string, @Query() { resource }: WithdrawAvailabilityParams): Promise<void> {
    return this.commands.execute(new WithdrawAvailabilityCommand(id, resource));
  }
}

const timeOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));
