import { Body, Controller, Delete, Get, Headers, HttpCode, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, CurrentPrincipal, Public } from '../../../kernel/auth/decorators';
import type { Principal } from '../../../kernel/auth/principal';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { GroupsOfCustomersQuery } from '../../customers/contracts/customer-groups';
import {
  ChangePriceListCommand,
  CreatePriceListCommand,
  RemovePriceListCommand,
  SetListPricesCommand,
} from '../commands/price-lists';
import { ResolvePricesQuery } from '../contracts/resolve-prices';
import { GetPriceListQuery, ListPriceListsQuery, ListPricesOfListQuery } from '../queries/price-lists';
import {
  ChangePriceListBody,
  CreatePriceListBody,
  ListPriceDetailsView,
  ListPriceListsParams,
  PriceListDetailsView,
  PricesOfSkuParams,
  ResolvePricesBody,
  ResolvedPricesView,
  SetListPricesBody,
  SetListPricesView,
} from './prices.dto';

const date = (text: string | null | undefined): Date | null | undefined => (text ? new Date(text) : (text as null));
const withTimes = <B extends { validFrom?: string | null; validUntil?: string | null }>(body: B) => ({
  ...body,
  validFrom: date(body.validFrom),
  validUntil: date(body.validUntil),
});

/** Prices by currency, group of customers, quantity and time. */
@ApiTags('prices')
@Controller('price-lists')
export class PriceListsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('prices:read')
  @ApiOperation({ operationId: 'listPriceLists', summary: 'List price lists', description: 'Sorts: name, createdAt.' })
  @ApiOkResponse({ type: pageOf(PriceListDetailsView) })
  list(@Query() query: ListPriceListsParams): Promise<Page<PriceListDetailsView>> {
    return this.queries.execute(new ListPriceListsQuery(query));
  }

  @Get(':id')
  @Allow('prices:read')
  @Problems('catalog.price-list-not-found')
  @ApiOperation({ operationId: 'getPriceList', summary: 'Read a price list' })
  async get(@IdParam() id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<PriceListDetailsView> {
    const list = await this.queries.execute(new GetPriceListQuery(id));
    void reply.header('etag', etagOf(list.version));
    return list;
  }

  @Post()
  @Allow('prices:write')
  @Idempotent()
  @Problems('catalog.price-list-taken', 'catalog.price-list-validity-invalid', {
    'catalog.unknown-customer-group': 400,
  })
  @ApiOperation({
    operationId: 'createPriceList',
    summary: 'Create a price list',
    description:
      'Lists for a group of the buyer come before lists for everybody, then the higher priority, then the later beginning. The first list that has a price for the article and quantity gives it.',
  })
  create(@Body() body: CreatePriceListBody): Promise<PriceListDetailsView> {
    return this.commands.execute(new CreatePriceListCommand(withTimes(body)));
  }

  @Patch(':id')
  @Allow('prices:write')
  @Idempotent()
  @Problems('catalog.price-list-not-found', 'catalog.price-list-taken', 'catalog.price-list-validity-invalid', {
    'catalog.stale-price-list': 412,
    'catalog.unknown-customer-group': 400,
  })
  @ApiOperation({ operationId: 'changePriceList', summary: 'Change a price list; its currency stays' })
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  async change(
    @IdParam() id: string,
    @Body() body: ChangePriceListBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<PriceListDetailsView> {
    const command = new ChangePriceListCommand(id, withTimes(body), versionOfIfMatch(ifMatch));
    const list = await this.commands.execute(command);
    void reply.header('etag', etagOf(list.version));
    return list;
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('prices:write')
  @Problems('catalog.price-list-not-found')
  @ApiOperation({ operationId: 'removePriceList', summary: 'Remove a price list; its prices stay in the history' })
  async remove(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RemovePriceListCommand(id));
  }

  @Get(':id/prices')
  @Allow('prices:read')
  @Problems('catalog.price-list-not-found')
  @ApiOperation({ operationId: 'listPricesOfList', summary: 'List the prices of a price list' })
  @ApiOkResponse({ type: pageOf(ListPriceDetailsView) })
  prices(@IdParam() id: string, @Query() query: PricesOfSkuParams): Promise<Page<ListPriceDetailsView>> {
    return this.queries.execute(new ListPricesOfListQuery(id, query));
  }

  @Put(':id/prices')
  @Allow('prices:write')
  @Problems('catalog.price-list-not-found', 'catalog.price-step-invalid', { 'catalog.unknown-sku': 400 })
  @ApiOperation({
    operationId: 'setListPrices',
    summary: 'Set prices of a list',
    description: 'Those that are named are set, or taken away where they have no amount; others stay. All or nothing.',
  })
  setPrices(@IdParam() id: string, @Body() body: SetListPricesBody): Promise<SetListPricesView> {
    const steps = body.prices.map(({ sku, minQuantity = 1, amount = null }) => ({ sku, minQuantity, amount }));
    return this.commands.execute(new SetListPricesCommand(id, steps));
  }
}

@ApiTags('prices')
@Controller('prices')
export class PricesController {
  constructor(private readonly queries: QueryBus) {}

  @Post('resolve')
  @HttpCode(200)
  @Public({ tenant: 'required' })
  @ApiOperation({
    operationId: 'resolvePrices',
    summary: 'What the caller pays for these quantities',
    description:
      'By the price lists that hold now for the caller: a customer’s groups count once signed in. Articles that are unknown, or not sold in the currency, are absent.',
  })
  async resolve(
    @Body() { currency, lines }: ResolvePricesBody,
    @CurrentPrincipal() { userId }: Principal,
  ): Promise<ResolvedPricesView> {
    const customers = userId ? await this.queries.execute(new GroupsOfCustomersQuery({ userIds: [userId] })) : [];
    const customerGroupIds = customers.flatMap((customer) => customer.groupIds);
    return { data: await this.queries.execute(new ResolvePricesQuery({ currency, customerGroupIds, lines })) };
  }
}
