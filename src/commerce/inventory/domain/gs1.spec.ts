import { checkDigit, elementsOf, isGtin, readable } from './gs1';

describe('GS1 element strings', () => {
  it('know check digits, of the examples that GS1 gives', () => {
    // General Specifications 7.9.1 and the calculator's examples.
    expect(checkDigit('629104150021')).toBe(3);
    expect(checkDigit('9501101020917'.slice(0, -1))).toBe(7);
    for (const good of ['6291041500213', '9501101020917', '96385074', '036000291452', '10614141000415'])
      expect([good, isGtin(good)]).toEqual([good, true]);
    for (const bad of ['6291041500214', '629104150021', '6291041500213 ', 'TEA-100', ''])
      expect([bad, isGtin(bad)]).toEqual([bad, false]);
  });

  it('name the item, then the expiry, then the batch', () => {
    const facts = {
      sku: 'TEA-100',
      gtin: '6291041500213',
      lotNumber: 'L2026-117',
      expiresAt: new Date('2027-03-01T00:00:00Z'),
    };
    expect(readable(elementsOf(facts)!)).toBe('(01)06291041500213(17)270301(10)L2026-117');
    expect(readable(elementsOf({ ...facts, gtin: null, expiresAt: null })!)).toBe('(10)L2026-117(91)TEA-100');
    expect(readable(elementsOf({ ...facts, sku: '96385074', gtin: null, lotNumber: null })!)).toBe(
      '(01)00000096385074(17)270301',
    );
    expect(elementsOf({ ...facts, lotNumber: 'x'.repeat(21) })).toBeNull();
    for (const lotNumber of ['a b', 'a(1)', 'é', 'a^b']) expect(elementsOf({ ...facts, lotNumber })).toBeNull();
  });
});
