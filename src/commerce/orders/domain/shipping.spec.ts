import { checkZones, priceOf, type ShippingMethod, type ShippingZone } from './shipping';

const zone = (more: Partial<ShippingZone>, price: number | null = 100): ShippingZone => ({
  countries: [],
  regions: [],
  postalPrefixes: [],
  rates: [{ from: 0, price }],
  freeFrom: null,
  ...more,
});
const method = (zones: ShippingZone[], rateBy: 'weight' | 'price' = 'weight'): ShippingMethod => ({
  id: 'm',
  name: 'Parcel',
  position: 0,
  currency: 'EUR',
  rateBy,
  zones,
});
const parcel = (country: string, postalCode: string | null = null, more: object = {}) => ({
  currency: 'EUR',
  destination: { country, region: null, postalCode },
  goods: 1000,
  weightGrams: 500,
  ...more,
});

describe('shipping', () => {
  const zones = [
    zone({ countries: ['PT', 'ES'] }, 500),
    zone({ countries: ['PT'], postalPrefixes: ['9'] }, 900),
    zone({ countries: ['PT'], postalPrefixes: ['9500', '96'] }, 1200),
    zone({ countries: ['ES'], regions: ['Canarias'] }, 1500),
    zone({}, 2500),
    zone({ countries: ['AQ'] }, null),
  ];
  it.each([
    ['the country', parcel('PT', '4000-001'), 500],
    ['the postal code, with blanks and hyphens left out', parcel('PT', '9 000-123'), 900],
    ['the longest beginning of the postal code', parcel('PT', '9500-123'), 1200],
    [
      'a region, in any case',
      { ...parcel('ES'), destination: { country: 'ES', region: 'canarias', postalCode: null } },
      1500,
    ],
    ['the country where no region is said', parcel('ES'), 500],
    ['everywhere', parcel('JP'), 2500],
    ['nowhere', parcel('AQ'), null],
    ['another currency', parcel('PT', null, { currency: 'USD' }), null],
  ])('goes by %s', (_name, to, price) => expect(priceOf(method(zones), to)).toBe(price));

  it('goes by weight or by price, is free from an amount on and ends where it is not offered', () => {
    const rates = [
      { from: 0, price: 400 },
      { from: 1000, price: 700 },
      { from: 30_000, price: null },
    ];
    const by = (rateBy: 'weight' | 'price', goods: number, weightGrams: number) =>
      priceOf(method([zone({ rates, freeFrom: 20_000 })], rateBy), parcel('PT', null, { goods, weightGrams }));
    expect([by('weight', 0, 999), by('weight', 0, 1000), by('weight', 0, 30_000)]).toEqual([400, 700, null]);
    expect([by('price', 999, 9e9), by('price', 1000, 0), by('price', 20_000, 0)]).toEqual([400, 700, 0]);
    expect(by('weight', 20_000, 30_000)).toBeNull();
    expect(priceOf(method([zone({ countries: ['PT'] })]), parcel('ES'))).toBeNull();
  });

  it('has rates that rise from 0', () => {
    const invalid = expect.objectContaining({ code: 'orders.shipping-rates-invalid' }) as Error;
    expect(() => checkZones([zone({ rates: [{ from: 1, price: 1 }] })])).toThrow(invalid);
    const twice = [
      { from: 0, price: 1 },
      { from: 0, price: 2 },
    ];
    expect(() => checkZones([zone({ rates: twice })])).toThrow(invalid);
  });
});
