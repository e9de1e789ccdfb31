import { Body, Controller, Get, Headers, Put, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { SaveCheckoutSettingsCommand } from '../commands/save-checkout-settings';
import { FindCheckoutSettingsQuery } from '../queries/find-checkout-settings';
import { CheckoutSettingsView, SaveCheckoutSettingsBody } from './checkout-settings.dto';

/** Taxes of the checkout, per country and category of goods. */
@ApiTags('checkout-settings')
@Controller('checkout-settings')
export class CheckoutSettingsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('pricing:read')
  @ApiOperation({ operationId: 'getCheckoutSettings', summary: 'Read how the checkout taxes' })
  @ApiOkResponse({ type: CheckoutSettingsView })
  async get(@Res({ passthrough: true }) reply: FastifyReply): Promise<CheckoutSettingsView> {
    const settings = await this.queries.execute(new FindCheckoutSettingsQuery());
    void reply.header('etag', etagOf(settings.version));
    return settings;
  }

  @Put()
  @Allow('pricing:write')
  @Problems('orders.stale-settings', { 'orders.double-tax-rate': 400 })
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  @ApiOperation({
    operationId: 'saveCheckoutSettings',
    summary: 'Replace how the checkout taxes',
    description:
      'Rates per country and tax category, all at once. Carts show the new taxes when they are read or changed next; a checkout whose price they change is refused with the new one.',
  })
  @ApiOkResponse({ type: CheckoutSettingsView })
  async save(
    @Body() body: SaveCheckoutSettingsBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<CheckoutSettingsView> {
    const { pricesIncludeTax, inclusiveRounding, shippingTaxCategory, defaultCountry, taxRates } = body;
    const saved = await this.commands.execute(
      new SaveCheckoutSettingsCommand(
        {
          pricesIncludeTax,
          inclusiveRounding,
          shippingTaxCategory,
          defaultCountry: defaultCountry ?? null,
          taxRates: taxRates.map(({ country, category, name, basisPoints }) => ({
            country,
            category,
            name,
            basisPoints,
          })),
        },
        versionOfIfMatch(ifMatch),
      ),
    );
    void reply.header('etag', etagOf(saved.version));
    return saved;
  }
}
