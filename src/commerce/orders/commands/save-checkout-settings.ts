import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { CheckoutSettings } from '../domain/checkout-settings';
import { doubleTaxRate, staleSettings } from '../domain/orders.errors';
import { SETTINGS_COLUMNS, type SettingsView } from '../queries/find-checkout-settings';

/**
 * Replaces what a shop says about the prices of its checkout; carts show it from then on.
 * @throws AppError invalid `orders.double-tax-rate`; conflict `orders.stale-settings` where they are not of `version` any more
 */
export class SaveCheckoutSettingsCommand extends Command<SettingsView> {
  constructor(
    readonly settings: CheckoutSettings,
    readonly version: number | null,
  ) {
    super();
  }
}

@CommandHandler(SaveCheckoutSettingsCommand)
export class SaveCheckoutSettingsHandler implements ICommandHandler<SaveCheckoutSettingsCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  execute({ settings, version }: SaveCheckoutSettingsCommand): Promise<SettingsView> {
    const names = new Set<string>();
    settings.taxRates.forEach(({ country, category, name }, index) => {
      const key = `${country}/${category}/${name}`;
      if (names.has(key)) throw doubleTaxRate(index, key);
      names.add(key);
    });
    return this.uow.run(async (tx) => {
      // Settings that nobody saved are of version 0.
      const [saved] = await tx.query<SettingsView>(
        `insert into orders.checkout_settings as s (tenant_id, id, prices_include_tax, inclusive_rounding, shipping_tax_category,
           default_country, tax_rates, updated_at)
         select $1, $1, $2, $3, $4, $5, $6::jsonb, kernel.now()
         where $7::int is null or $7 = 0 or exists (select 1 from orders.checkout_settings where tenant_id = $1)
         on conflict (tenant_id, id) do update set prices_include_tax = excluded.prices_include_tax,
           inclusive_rounding = excluded.inclusive_rounding, shipping_tax_category = excluded.shipping_tax_category,
           default_country = excluded.default_country, tax_rates = excluded.tax_rates, version = s.version + 1,
           updated_at = excluded.updated_at where $7::int is null or s.version = $7
         returning ${SETTINGS_COLUMNS}`,
        [
          tx.tenantId,
          settings.pricesIncludeTax,
          settings.inclusiveRounding,
          settings.shippingTaxCategory,
          settings.defaultCountry,
          JSON.stringify(settings.taxRates),
          version,
        ],
      );
      if (!saved) throw staleSettings();
      return saved;
    });
  }
}
