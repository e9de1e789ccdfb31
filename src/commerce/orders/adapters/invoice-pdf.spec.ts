import { textsOf } from '../../../../test/support/pdf-text';
import type { InvoiceDocument } from '../domain/invoice';
import { creditNotePdf, invoicePdf } from './invoice-pdf';

const INVOICE: InvoiceDocument = {
  number: 'INV-000007',
  issuedAt: '2026-03-02T10:00:00.000Z',
  orderNumber: 'A-1001',
  orderedAt: '2026-03-01T09:00:00.000Z',
  paidAt: '2026-03-01T09:05:00.000Z',
  seller: {
    name: 'Harbour Roasters Lda',
    address: 'Quay 7\n4000-001 Porto',
    taxId: 'PT123456789',
    footer: 'IBAN PT50',
    color: '#1f2937',
  },
  buyer: {
    name: 'Sasha Shopper',
    email: 'sasha@example.com',
    address: { name: 'Sasha Shopper', line1: 'Rua Nova 1', city: 'Lisboa', postalCode: '1000-001', country: 'PT' },
  },
  currency: 'EUR',
  taxIncluded: false,
  lines: [
    { sku: 'TEA-1', name: 'Darjeeling', quantity: 3, unitPrice: 1250, discount: 375, total: 3375, tax: 709 },
    { sku: 'CUP-1', name: 'Cup', quantity: 1, unitPrice: 900, discount: 0, total: 900, tax: 54 },
  ],
  subtotal: 4650,
  discount: 375,
  shipping: 490,
  taxes: [
    { label: 'VAT 21 %', amount: 709, base: 3375, basisPoints: 2100 },
    { label: 'VAT 6 %', amount: 54, base: 900, basisPoints: 600 },
  ],
  tax: 763,
  total: 5528,
  paid: { amount: 5528, currency: 'EUR' },
  credited: { amount: 0, currency: 'EUR' },
};

/** What the document says, on one line a piece. */
const said = async (change: Partial<InvoiceDocument> = {}): Promise<string> =>
  textsOf(await invoicePdf({ ...INVOICE, ...change })).join('\n');

describe('the PDF of an invoice', () => {
  it('says number, dates, both parties, each line, discount, shipping, each tax and the total', async () => {
    const text = await said();
    for (const part of [
      'Invoice',
      'INV-000007',
      '2026-03-02',
      'A-1001',
      '2026-03-01',
      'Harbour Roasters Lda',
      'Quay 7',
      '4000-001 Porto',
      'Tax ID PT123456789',
      'IBAN PT50',
      'Sasha Shopper',
      'Rua Nova 1',
      'sasha@example.com',
      'Darjeeling',
      'TEA-1',
      '12.50',
      '−3.75',
      '33.75',
      '46.50',
      '4.90',
      'Tax VAT 21 % on 33.75',
      '7.09',
      'Tax VAT 6 % on 9.00',
      '0.54',
      '55.28 EUR',
      'Paid: 55.28',
      'Amount due: 0.00',
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('\uFFFD');
  });

  it('says taxes as included where prices are gross, and no discounts where there are none', async () => {
    const text = await said({ taxIncluded: true, discount: 0 });
    expect(text).toContain('Tax included VAT 21 % on 33.75');
    expect(text).not.toContain('Discounts');
  });

  it.each([
    ['JPY', ['1,250', '5,528 JPY'], ['12.50', '1.250']],
    ['KWD', ['1.250', '5.528 KWD'], ['12.50']],
  ])('says amounts in %s with its decimals', async (currency, has, hasNot) => {
    const text = await said({ currency });
    for (const part of has) expect(text).toContain(part);
    for (const part of hasNot) expect(text).not.toContain(part);
  });

  it('says what was credited and what is left to pay', async () => {
    const text = await said({ paid: { amount: 4000, currency: 'EUR' }, credited: { amount: 1000, currency: 'EUR' } });
    expect(text).toContain('Credited by credit note: 10.00');
    expect(text).toContain('Amount due: 5.28');
  });

  it('of an order without tax, as Northwind’s are, adds up price × quantity × (1 − discount) and freight', async () => {
    // 12 × 14.00 less 15 %, 5 × 9.80, freight 32.38.
    const lines = [
      { sku: 'NW-11', name: 'Queso Cabrales', quantity: 12, unitPrice: 1400, discount: 2520, total: 14280, tax: 0 },
      {
        sku: 'NW-42',
        name: 'Singaporean Hokkien Fried Mee',
        quantity: 5,
        unitPrice: 980,
        discount: 0,
        total: 4900,
        tax: 0,
      },
    ];
    const text = await said({
      lines,
      currency: 'USD',
      subtotal: 21700,
      discount: 2520,
      shipping: 3238,
      taxes: [],
      tax: 0,
      total: 22418,
      paid: { amount: 22418, currency: 'USD' },
    });
    for (const part of ['14.00', '−25.20', '142.80', '49.00', '217.00', '32.38', '224.18 USD'])
      expect(text).toContain(part);
    expect(text).not.toContain('VAT');
  });
});

describe('the PDF of a credit note', () => {
  it('says which invoice it corrects, why, net, tax and what is credited', async () => {
    const { seller, buyer, currency, orderNumber } = INVOICE;
    const note = {
      number: 'CN-000003',
      issuedAt: '2026-03-09T10:00:00.000Z',
      invoiceNumber: 'INV-000007',
      invoicedAt: INVOICE.issuedAt,
      orderNumber,
      reason: 'return' as const,
      seller,
      buyer,
      currency,
      lines: [{ sku: 'TEA-1', name: 'Darjeeling', quantity: 1, total: 1125 }],
      net: 1125,
      taxes: [{ label: 'VAT 21 %', amount: 236, base: 1125 }],
      tax: 236,
      total: 1361,
    };
    const text = textsOf(await creditNotePdf(note as never)).join('\n');
    for (const part of [
      'Credit note',
      'CN-000003',
      'Corrects invoice INV-000007.',
      'These goods came back.',
      'TEA-1',
      '11.25',
      'Tax VAT 21 % on 11.25',
      '2.36',
      '13.61 EUR',
    ])
      expect(text).toContain(part);
  });
});
