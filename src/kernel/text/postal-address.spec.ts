import { postalLines } from './postal-address';

describe('the lines of an address', () => {
  const of = (country: string, rest: object = {}) =>
    postalLines({ name: 'Ada Lovelace', line1: '2817 Milton Dr.', city: 'Town', country, ...rest });

  it('stand as the post of the country wants them', () => {
    expect(of('US', { city: 'Albuquerque', region: 'NM', postalCode: '87110' })).toEqual([
      'Ada Lovelace',
      '2817 Milton Dr.',
      'Albuquerque, NM 87110',
      'United States',
    ]);
    expect(of('US', { city: 'Albuquerque', postalCode: '87110' }).slice(2)).toEqual([
      'Albuquerque 87110',
      'United States',
    ]);
    expect(of('GB', { line2: 'Flat 2', city: 'London', postalCode: 'WC2N 5DU' })).toEqual([
      'Ada Lovelace',
      '2817 Milton Dr.',
      'Flat 2',
      'London',
      'WC2N 5DU',
      'United Kingdom',
    ]);
    expect(of('DE', { city: 'Köln', postalCode: '50667' }).slice(2)).toEqual(['50667 Köln', 'Germany']);
    expect(of('JP', { city: 'Chiyoda-ku', region: 'Tokyo', postalCode: '100-0001' }).at(-1)).toBe('Japan');
    expect(
      postalLines({
        name: '山田',
        line1: '千代田1-1',
        city: '千代田区',
        region: '東京都',
        postalCode: '100-0001',
        country: 'JP',
      }),
    ).toEqual(['〒100-0001', '東京都', '千代田区', '千代田1-1', '山田', 'Japan']);
  });

  it('leave nothing out for which customs have no place, and bear what is missing or strange', () => {
    expect(of('AT', { city: 'Graz', region: 'Styria', postalCode: '8010' })).toEqual([
      'Ada Lovelace',
      '2817 Milton Dr.',
      '8010 Graz',
      'Styria',
      'Austria',
    ]);
    expect(of('AT', { city: 'Wien', region: 'Wien', postalCode: '1010' }).slice(2)).toEqual(['1010 Wien', 'Austria']);
    expect(of('ZZ', { postalCode: '123' }).slice(2)).toEqual(['Town', '123', 'Unknown Region']);
    expect(of('Atlantis', { postalCode: '123' }).slice(2)).toEqual(['Town', '123', 'Atlantis']);
    // Whether there is a place is asked of the customs, not of a text that has the same letters.
    const emirates = (rest: object): string[] => of('AE', { line1: '5 Dubai Road', city: 'Dubai', ...rest }).slice(1);
    expect(emirates({})).toEqual(['5 Dubai Road', 'Dubai', 'United Arab Emirates']);
    expect(emirates({ region: 'Sharjah' })).toEqual(['5 Dubai Road', 'Dubai', 'Sharjah', 'United Arab Emirates']);
    expect(emirates({ region: 'Dubai' })).toEqual(['5 Dubai Road', 'Dubai', 'United Arab Emirates']);
    expect(emirates({ postalCode: '5' })).toEqual(['5 Dubai Road', 'Dubai', '5', 'United Arab Emirates']);
    expect(postalLines({})).toEqual([]);
    expect(postalLines({ name: 'Ada', line1: null, city: '', country: null })).toEqual(['Ada']);
  });
});
