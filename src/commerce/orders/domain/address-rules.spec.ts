import { addressFaults, demandAddress } from './address-rules';

const at = (country: string, postalCode: string | null, region: string | null = null) => ({
  name: 'Sasha',
  line1: 'Quay 7',
  city: 'Town',
  region,
  postalCode,
  country,
});
const codes = (address: ReturnType<typeof at>) => addressFaults(address).map(({ member, code }) => `${member} ${code}`);

describe('where something goes', () => {
  it.each([
    ['PT', '4000-001', null],
    ['PT', '4000001', null],
    ['DE', '10115', null],
    ['GB', 'SW1A 1AA', null],
    ['GB', 'sw1a1aa', null],
    ['NL', '1012 AB', null],
    ['IE', 'D02 AF30', null],
    ['IE', 'D02AF30', null],
    ['IE', null, null],
    ['LT', '01100', null],
    ['LV', 'LV-1010', null],
    ['JP', '1000001', null],
    ['PL', '00-950', null],
    ['US', '94105-1234', 'CA'],
    ['CA', 'K1A 0B1', 'ON'],
    // A state or province need not be said.
    ['US', '94105', null],
    ['CA', 'K1A 0B1', null],
    ['AU', '2000', null],
    ['BR', '01310-100', null],
    ['IN', '110001', null],
    ['MX', '06000', null],
    ['HK', null, null],
    ['AE', null, null],
    // No form is known: whatever the shopper says stands.
    ['CL', '8320000', null],
  ])('%s %s %s is fine', (country, code, region) => {
    expect(codes(at(country, code, region))).toEqual([]);
  });

  it.each([
    ['PT', '4000', null, ['postalCode postal-code-invalid']],
    ['DE', '1011', null, ['postalCode postal-code-invalid']],
    ['DE', null, null, ['postalCode required']],
    ['DE', ' ', null, ['postalCode required']],
    ['US', 'K1A 0B1', 'CA', ['postalCode postal-code-invalid']],
    ['US', null, null, ['postalCode required']],
    ['CA', '94105', ' ', ['postalCode postal-code-invalid']],
  ])('%s %s %s has faults', (country, code, region, faults) => {
    expect(codes(at(country, code, region))).toEqual(faults);
  });

  it('is refused with every fault and where it stands', () => {
    expect(() => demandAddress({ ...at('DE', 'x'), line1: '' }, '/shippingAddress')).toThrow(
      expect.objectContaining({
        code: 'orders.address-invalid',
        data: expect.objectContaining({
          errors: [
            expect.objectContaining({ pointer: '/shippingAddress/line1' }),
            expect.objectContaining({ pointer: '/shippingAddress/postalCode' }),
          ],
        }),
      }),
    );
  });
});
