import { Body, Controller, Get, Headers, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { ChangeCouponCommand, CreateCouponCommand } from '../commands/manage-coupons';
import { FindCouponQuery, ListCouponsQuery } from '../queries/coupons';
import { ChangeCouponBody, CouponDetailsView, CreateCouponBody, ListCouponsParams } from './coupons.dto';

/** Null and absent differ in changes: null takes a bound away. */
const timeOf = (text: string | null | undefined): Date | null | undefined => (text ? new Date(text) : (text as null));

/** Coupons, which shoppers enter, and promotions, which apply by themselves. */
@ApiTags('coupons')
@Controller('coupons')
export class CouponsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('pricing:read')
  @ApiOperation({ operationId: 'listCoupons', summary: 'List coupons and promotions, newest first' })
  @ApiOkResponse({ type: pageOf(CouponDetailsView) })
  list(@Query() query: ListCouponsParams): Promise<Page<CouponDetailsView>> {
    return this.queries.execute(new ListCouponsQuery(query));
  }

  @Post()
  @Allow('pricing:write')
  @Idempotent()
  @Problems('orders.coupon-taken', { 'orders.coupon-invalid': 400 })
  @ApiOperation({
    operationId: 'createCoupon',
    summary: 'Make a coupon, or without a code a promotion',
    description:
      'What it takes off is spread over its lines to the minor unit. Uses are counted when an order is placed and given back when it is cancelled; limits hold however many order at once.',
  })
  @ApiCreatedResponse({ type: CouponDetailsView })
  create(@Body() body: CreateCouponBody): Promise<CouponDetailsView> {
    return this.commands.execute(
      new CreateCouponCommand({
        name: body.name,
        code: body.code ?? null,
        kind: body.kind,
        basisPoints: body.basisPoints ?? null,
        amount: body.amount?.amount ?? null,
        currency: body.amount?.currency ?? body.minimum?.currency ?? null,
        minimumCurrency: body.minimum?.currency ?? null,
        buyQuantity: body.buyQuantity ?? null,
        getQuantity: body.getQuantity ?? null,
        minimumAmount: body.minimum?.amount ?? null,
        productIds: body.productIds ?? [],
        categoryIds: body.categoryIds ?? [],
        customerGroupIds: [...new Set(body.customerGroupIds)],
        firstOrder: body.firstOrder ?? false,
        combinable: body.combinable ?? true,
        priority: body.priority ?? 0,
        startsAt: timeOf(body.startsAt) ?? null,
        endsAt: timeOf(body.endsAt) ?? null,
        usageLimit: body.usageLimit ?? null,
        customerLimit: body.customerLimit ?? null,
        active: body.active ?? true,
      }),
    );
  }

  @Get(':id')
  @Allow('pricing:read')
  @Problems('orders.coupon-not-found')
  @ApiOperation({ operationId: 'getCoupon', summary: 'Read a coupon' })
  @ApiOkResponse({ type: CouponDetailsView })
  async get(@IdParam() id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<CouponDetailsView> {
    const coupon = await this.queries.execute(new FindCouponQuery(id));
    void reply.header('etag', etagOf(coupon.version));
    return coupon;
  }

  @Patch(':id')
  @Allow('pricing:write')
  @Problems('orders.coupon-not-found', 'orders.coupon-stale', 'orders.coupon-limit-too-low', {
    'orders.coupon-invalid': 400,
  })
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  @ApiOperation({
    operationId: 'changeCoupon',
    summary: 'Change validity and limits of a coupon',
    description: 'Orders that used it keep what they were given; carts show the change when they are read next.',
  })
  @ApiOkResponse({ type: CouponDetailsView })
  async change(
    @IdParam() id: string,
    @Body() body: ChangeCouponBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<CouponDetailsView> {
    const { name, active, usageLimit, customerLimit, combinable, priority } = body;
    const change = { name, active, usageLimit, customerLimit, combinable, priority };
    const times = { startsAt: timeOf(body.startsAt), endsAt: timeOf(body.endsAt) };
    const coupon = await this.commands.execute(
      new ChangeCouponCommand(id, { ...change, ...times }, versionOfIfMatch(ifMatch)),
    );
    void reply.header('etag', etagOf(coupon.version));
    return coupon;
  }
}
