import type { TaxRate, TaxTerms } from './tax';

/** The category of what names none. */
export const STANDARD_CATEGORY = 'standard';

/** A tax of a country on a category of goods. */
export interface CountryTaxRate extends TaxRate {
  /** ISO 3166-1 alpha-2. */
  country: string;
  category: string;
}

/** What a shop says about the prices of its checkout. */
export interface CheckoutSettings {
  pricesIncludeTax: boolean;
  /** See `TaxTerms.rounding`. */
  inclusiveRounding: 'net' | 'tax';
  shippingTaxCategory: string;
  /** Where a cart is assumed to go while it does not say. */
  defaultCountry: string | null;
  taxRates: CountryTaxRate[];
}

/** A shop that said nothing: no taxes. */
export const NO_SETTINGS: CheckoutSettings = {
  pricesIncludeTax: false,
  inclusiveRounding: 'net',
  shippingTaxCategory: STANDARD_CATEGORY,
  defaultCountry: null,
  taxRates: [],
};

/** The taxes of a sale that goes to a country; none for an unknown one. */
export const taxTermsOf = (settings: CheckoutSettings, country: string | null): TaxTerms => ({
  included: settings.pricesIncludeTax,
  rounding: settings.inclusiveRounding,
  ratesOf: (category) => settings.taxRates.filter((rate) => rate.country === country && rate.category === category),
});
