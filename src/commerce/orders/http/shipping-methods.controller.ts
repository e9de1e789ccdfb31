import { Body, Controller, Get, Headers, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import { ChangeShippingMethodCommand, CreateShippingMethodCommand } from '../commands/shipping-methods';
import { FindShippingMethodQuery, ListShippingMethodsQuery } from '../queries/shipping-methods';
import {
  ChangeShippingMethodBody,
  CreateShippingMethodBody,
  ShippingMethodDetailsView,
  type ShippingZoneBody,
} from './shipping-methods.dto';

const zoneOf = ({ countries, regions, postalPrefixes, rates, freeFrom }: ShippingZoneBody) => ({
  countries,
  regions: regions ?? [],
  postalPrefixes: postalPrefixes ?? [],
  rates: rates.map(({ from, price }) => ({ from, price: price ?? null })),
  freeFrom: freeFrom ?? null,
});

/** How the shop ships. Once there is one in use, a cart chooses one before its checkout. */
@ApiTags('shipping-methods')
@Controller('shipping-methods')
export class ShippingMethodsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('pricing:read')
  @ApiOperation({ operationId: 'listShippingMethods', summary: 'List shipping methods, oldest first' })
  @ApiOkResponse({ type: pageOf(ShippingMethodDetailsView) })
  list(@Query() query: ListQuery): Promise<Page<ShippingMethodDetailsView>> {
    return this.queries.execute(new ListShippingMethodsQuery(query));
  }

  @Post()
  @Allow('pricing:write')
  @Idempotent()
  @Problems({ 'orders.shipping-rates-invalid': 400 })
  @ApiOperation({
    operationId: 'createShippingMethod',
    summary: 'Make a shipping method',
    description: 'From then on a cart needs a destination and a shipping method before its checkout.',
  })
  @ApiCreatedResponse({ type: ShippingMethodDetailsView })
  create(@Body() body: CreateShippingMethodBody): Promise<ShippingMethodDetailsView> {
    const { name, currency, rateBy, zones, position = 0, active = true } = body;
    return this.commands.execute(
      new CreateShippingMethodCommand({ name, currency, rateBy, zones: zones.map(zoneOf), position, active }),
    );
  }

  @Get(':id')
  @Allow('pricing:read')
  @Problems('orders.shipping-method-not-found')
  @ApiOperation({ operationId: 'getShippingMethod', summary: 'Read a shipping method' })
  @ApiOkResponse({ type: ShippingMethodDetailsView })
  async get(
    @IdParam() id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShippingMethodDetailsView> {
    const method = await this.queries.execute(new FindShippingMethodQuery(id));
    void reply.header('etag', etagOf(method.version));
    return method;
  }

  @Patch(':id')
  @Allow('pricing:write')
  @Problems('orders.shipping-method-not-found', 'orders.shipping-method-stale', {
    'orders.shipping-rates-invalid': 400,
  })
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  @ApiOperation({
    operationId: 'changeShippingMethod',
    summary: 'Change a shipping method',
    description: 'Orders keep what they were charged. Taken out of use (`active: false`) it is offered to no cart.',
  })
  @ApiOkResponse({ type: ShippingMethodDetailsView })
  async change(
    @IdParam() id: string,
    @Body() body: ChangeShippingMethodBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<ShippingMethodDetailsView> {
    const { name, rateBy, position, active } = body;
    const change = { name, rateBy, position, active, zones: body.zones?.map(zoneOf) };
    const method = await this.commands.execute(new ChangeShippingMethodCommand(id, change, versionOfIfMatch(ifMatch)));
    void reply.header('etag', etagOf(method.version));
    return method;
  }
}
