import { Customer, emailKey } from './customer';

const at = new Date('2026-01-01T00:00:00Z');
const home = {
  name: null,
  line1: 'Obere Str. 57',
  line2: null,
  city: 'Berlin',
  region: null,
  postalCode: '12209',
  country: 'DE',
  phone: null,
};

describe('Customer', () => {
  it('is one for all spellings of an address', () => {
    expect(emailKey('  Ann@Example.COM ')).toBe('ann@example.com');
    for (const wrong of ['', 'ann', 'ann@', '@x.de', 'a b@x.de', 'ann@x', `${'a'.repeat(250)}@x.de`]) {
      expect(() => emailKey(wrong)).toThrow('customers.invalid-email');
    }
  });

  it('says how it came', () => {
    const customer = Customer.create({ name: 'Ann', email: 'Ann@Example.com' }, 'checkout', at);
    expect(customer).toMatchObject({ emailKey: 'ann@example.com', searchText: 'ann ann example com', addresses: [] });
    expect(customer.pullEvents().map((event) => event.payload)).toMatchObject([
      { source: 'checkout', email: 'Ann@Example.com' },
    ]);
  });

  it('keeps the id of an address that stays as it was', () => {
    const customer = Customer.create({ name: 'Ann', addresses: [home] }, 'manual', at);
    const { id } = customer.addresses[0];
    expect(customer.change({ addresses: [{ ...home }] }, at)).toBe(false);
    expect(customer.addresses[0].id).toBe(id);
    expect(customer.change({ addresses: [{ ...home, city: 'Bonn' }, home] }, at)).toBe(true);
    expect(customer.addresses.map((it) => [it.city, it.position])).toEqual([
      ['Bonn', 0],
      ['Berlin', 1],
    ]);
  });
});
