import { Body, Controller, Get, Patch, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, SessionOnly, StepUp } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { ChangeGatewayCommand, OpenGatewayCommand } from '../commands/manage-gateways';
import { FindGatewayQuery, ListGatewaysQuery } from '../queries/list-gateways';
import { ChangeGatewayBody, GatewayListView, GatewayView, OpenGatewayBody } from './gateways.dto';

/** Accounts of the organization at payment providers. No key manages them. */
@ApiTags('payments')
@Controller('payment-gateways')
@SessionOnly()
export class GatewaysController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** The credentials are encrypted and never shown again. Tell the provider the account's `webhookUrl`. */
  @Post()
  @Allow('payment-gateways:write')
  @StepUp({ maxAgeSeconds: 3600 })
  @Problems({
    'payments.credentials-invalid': 400,
    'payments.methods-unknown': 400,
    'payments.api-base-refused': 400,
    'payments.provider-not-offered': 409,
  })
  @ApiOperation({ operationId: 'openPaymentGateway', summary: 'Take payments through a provider' })
  async open(@Body() body: OpenGatewayBody): Promise<GatewayView> {
    const id = await this.commands.execute(new OpenGatewayCommand(body));
    return this.queries.execute(new FindGatewayQuery(id));
  }

  @Get()
  @Allow('payment-gateways:read')
  @ApiOperation({ operationId: 'listPaymentGateways', summary: 'Accounts at payment providers' })
  list(): Promise<GatewayListView> {
    return this.queries.execute(new ListGatewaysQuery());
  }

  @Get(':id')
  @Allow('payment-gateways:read')
  @Problems('payments.gateway-not-found')
  @ApiOperation({ operationId: 'getPaymentGateway', summary: 'An account at a payment provider' })
  one(@IdParam() id: string): Promise<GatewayView> {
    return this.queries.execute(new FindGatewayQuery(id));
  }

  /** A webhook secret that is replaced signs for some hours more, so that no webhook is lost while it is rolled. */
  @Patch(':id')
  @Allow('payment-gateways:write')
  @StepUp({ maxAgeSeconds: 3600 })
  @Problems('payments.gateway-not-found', { 'payments.credentials-invalid': 400, 'payments.methods-unknown': 400 })
  @ApiOperation({
    operationId: 'changePaymentGateway',
    summary: 'Rename, enable or disable an account, or give it other credentials',
  })
  async change(@IdParam() id: string, @Body() body: ChangeGatewayBody): Promise<GatewayView> {
    await this.commands.execute(new ChangeGatewayCommand(id, body));
    return this.queries.execute(new FindGatewayQuery(id));
  }
}
