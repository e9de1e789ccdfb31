import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { NO_SETTINGS, type CheckoutSettings } from '../domain/checkout-settings';

export interface SettingsView extends CheckoutSettings {
  /** Counts the changes; 0 while nothing was said. */
  version: number;
}

/** What the shop says about the prices of its checkout. */
export class FindCheckoutSettingsQuery extends Query<SettingsView> {}

export const SETTINGS_COLUMNS = `s.prices_include_tax as "pricesIncludeTax", s.inclusive_rounding as "inclusiveRounding",
  s.shipping_tax_category as "shippingTaxCategory", s.default_country as "defaultCountry", s.tax_rates as "taxRates", s.version`;

@QueryHandler(FindCheckoutSettingsQuery)
export class FindCheckoutSettingsHandler implements IQueryHandler<FindCheckoutSettingsQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<SettingsView> {
    const [settings] = await this.database.read<SettingsView>(
      `select ${SETTINGS_COLUMNS} from orders.checkout_settings s where s.tenant_id = kernel.tenant_id()`,
    );
    return settings ?? { ...NO_SETTINGS, version: 0 };
  }
}
