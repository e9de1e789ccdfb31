import { Body, Controller, Get, Headers, Put, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, Public, SessionOnly, StepUp } from '../../../kernel/auth/decorators';
import { Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { SaveRoutingCommand } from '../commands/save-routing';
import { FindRoutingQuery, RoutePaymentQuery } from '../queries/routing';
import { RoutedPaymentView, RoutePaymentParams, RoutingDetailsView, SaveRoutingBody } from './routing.dto';

/** Which account takes which payments. */
@ApiTags('payments')
@Controller('payment-gateways')
export class RoutingController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('route')
  @Public({ tenant: 'required' })
  @Problems({ 'payments.unknown-method': 400 })
  @ApiOperation({
    operationId: 'routePayment',
    summary: 'Which account a payment goes to',
    description:
      'Open to the shop’s visitors. Start the provider’s script with `clientKey`, and name the account as `paymentMethod.gatewayId` beside its token; tokens of the further ones go into `alternatives`.',
  })
  route(@Query() params: RoutePaymentParams): Promise<RoutedPaymentView> {
    const { method, amount, currency, country = null, key = null } = params;
    return this.queries.execute(new RoutePaymentQuery({ method, amount: { amount, currency }, country }, key));
  }

  @Get('routing')
  @SessionOnly()
  @Allow('payment-gateways:read')
  @ApiOperation({ operationId: 'getPaymentRouting', summary: 'Read the rules by which accounts take payments' })
  @ApiOkResponse({ type: RoutingDetailsView })
  async find(@Res({ passthrough: true }) reply: FastifyReply): Promise<RoutingDetailsView> {
    const routing = await this.queries.execute(new FindRoutingQuery());
    void reply.header('etag', etagOf(routing.version));
    return routing;
  }

  @Put('routing')
  @SessionOnly()
  @Allow('payment-gateways:write')
  @StepUp({ maxAgeSeconds: 3600 })
  @Problems({ 'payments.routing-invalid': 400, 'payments.routing-changed': 409 })
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  @ApiOperation({
    operationId: 'savePaymentRouting',
    summary: 'Replace the rules by which accounts take payments',
    description:
      'All at once and in their order. Payments that none fits go to the oldest account that can. Former versions are kept, as payments name the version that they were routed by.',
  })
  @ApiOkResponse({ type: RoutingDetailsView })
  async save(
    @Body() body: SaveRoutingBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<RoutingDetailsView> {
    const rules = body.rules.map(({ gateways, ...rule }) => ({
      name: rule.name ?? null,
      methods: rule.methods ?? null,
      currencies: rule.currencies ?? null,
      countries: rule.countries ?? null,
      minAmount: rule.minAmount ?? null,
      maxAmount: rule.maxAmount ?? null,
      gateways: gateways.map(({ gatewayId, weight }) => ({ gatewayId, weight })),
      failover: rule.failover ?? false,
    }));
    await this.commands.execute(new SaveRoutingCommand(rules, versionOfIfMatch(ifMatch)));
    return this.find(reply);
  }
}
