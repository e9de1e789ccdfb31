import { canonicalRange, clientAddress, inRanges } from './address-list';

describe('lists of addresses', () => {
  it('keep ranges in one form', () => {
    expect(canonicalRange('203.0.113.77/24')).toBe('203.0.113.0/24');
    expect(canonicalRange(' 198.51.100.7 ')).toBe('198.51.100.7/32');
    expect(canonicalRange('2001:DB8:0:0::1/32')).toBe('2001:db8::/32');
    for (const wrong of ['', '1.2', '0x7f000001', '300.1.1.1', '10.0.0.0/33', '::1/129', 'localhost', '10.0.0.0/-1'])
      expect(canonicalRange(wrong)).toBeNull();
  });

  it('know what lies in them', () => {
    const ranges = ['203.0.113.0/24', '2001:db8::/32'];
    expect(inRanges('203.0.113.9', ranges)).toBe(true);
    expect(inRanges('::ffff:203.0.113.9', ranges)).toBe(true);
    expect(inRanges('2001:db8:1::5', ranges)).toBe(true);
    expect(inRanges('203.0.114.9', ranges)).toBe(false);
    expect(inRanges('fe80::1%eth0', ranges)).toBe(false);
    expect(inRanges('nonsense', ranges)).toBe(false);
    expect(inRanges('127.0.0.1', [])).toBe(false);
  });

  it('tell the client behind trusted proxies, and believe nobody else', () => {
    const trusted = ['10.0.0.0/8', '::1'];
    expect(clientAddress('198.51.100.7', '203.0.113.9', trusted)).toBe('198.51.100.7');
    expect(clientAddress('10.1.1.1', '203.0.113.9', trusted)).toBe('203.0.113.9');
    expect(clientAddress('10.1.1.1', '1.2.3.4, 203.0.113.9, 10.2.2.2', trusted)).toBe('203.0.113.9');
    expect(clientAddress('::ffff:10.1.1.1', ['203.0.113.9'], trusted)).toBe('203.0.113.9');
    expect(clientAddress('10.1.1.1', undefined, trusted)).toBe('10.1.1.1');
    expect(clientAddress('10.1.1.1', '203.0.113.9', [])).toBe('10.1.1.1');
  });
});
