import fc from 'fast-check';
import {
  findCardNumber,
  holdsCardNumber,
  maskCardNumbers,
  mayHoldCardNumber,
  mayHoldCardNumberBytes,
  passesLuhn,
} from './card-number';

/** Numbers that the networks and gateways publish for tests. */
const CARDS = {
  visa: [
    '4242424242424242',
    '4111111111111111',
    '4012888888881881',
    '4222222222222',
    '4000002500003155',
    '4000000000000000006',
  ],
  mastercard: ['5555555555554444', '5105105105105100', '2223003122003222', '2720990000000007'],
  amex: ['378282246310005', '371449635398431', '341111111111111'],
  diners: ['30569309025904', '38520000023237', '36227206271667', '3056930009020004'],
  discover: ['6011111111111117', '6011000990139424', '6445644564456445'],
  jcb: ['3566002020360505', '3530111333300000'],
  unionpay: ['6200000000000005', '6200000000000000000', '8171999900000000021'],
  maestro: ['6759649826438453', '5018000000000009', '6304000000000000', '5020620000000000'],
  others: ['2200000000000004', '9792030000000000', '6062826786276634', '8600000000000007'],
};

const spread = (digits: string, separator: string): string =>
  (digits.length === 15 ? [4, 6, 5] : digits.length === 14 ? [4, 6, 4] : [4, 4, 4, 4, 3])
    .map((size, i, sizes) => {
      const from = sizes.slice(0, i).reduce((sum, one) => sum + one, 0);
      return digits.slice(from, from + size);
    })
    .filter(Boolean)
    .join(separator);

describe('card numbers', () => {
  it('are known whole, in groups, and inside of texts', () => {
    const missed = Object.values(CARDS)
      .flat()
      .flatMap((card) => [
        card,
        `  ${card}\n`,
        `Please charge ${card}, thanks.`,
        `card=${card}&cvc=123`,
        `${card}. 12 pieces`,
        ...(card.length > 13
          ? [' ', '-', '.', '\u00a0', '\u2013', ' - '].flatMap((separator) => [
              spread(card, separator),
              `my card ${spread(card, separator)} 12/29 123`,
            ])
          : []),
      ])
      .filter((text) => !holdsCardNumber(text));
    expect(missed).toEqual([]);
    for (const text of ['42 42 42 42 42 42 42 42', '424242-424242-4242', '4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2'])
      expect([text, holdsCardNumber(text)]).toEqual([text, true]);
  });

  it.each([
    ['a wrong check digit', '4242424242424241'],
    ['a token of a gateway', 'tok_4242424242424242'],
    ['letters beside it', 'INV4111111111111111'],
    ['a telephone number', '+491511234567890'],
    ['milliseconds since 1970', '1795259342217'],
    ['microseconds since 1970', '1795259342217004'],
    ['nanoseconds since 1970', '1795259342217000007'],
    ['a German article number with a right Luhn digit too', '4006381333931'],
    ['an ISBN', '9783161484100'],
    ['a GTIN-14', '34006381333932'],
    ['an SSCC', '340123450000000000'],
    ['an IMEI', '356938035643809'],
    ['a SIM card', '8944500102198304826'],
    ['DHL', '00340434161094042557'],
    ['USPS', '9400111899223197428490'],
    ['FedEx', '999999999999'],
    ['UPS', '1Z999AA10123456784'],
    ['an order of Amazon', '402-1234567-1234567'],
    ['an IBAN', 'DE89 3704 0044 0532 0130 00'],
    ['another IBAN', 'to DE17 4405 0199 1234 5678 05, or'],
    ['a UUID', '01a1fdcb-9d1a-7abc-8111-111111111119'],
    ['an address of the internet', '255.255.255.255:65535'],
    ['coordinates', '48.8566142222222, 2.3522219000000'],
    ['zeros', '0000000000000000'],
    ['a number of no network', '7992739871301006'],
    ['twenty digits', '42424242424242424242'],
    ['twelve digits', '424242424242'],
  ])('are not: %s', (_what, text) => {
    expect(holdsCardNumber(text)).toBe(false);
  });

  it('are judged by the field too', () => {
    // A parcel of Canada Post that a card could have; as a card is printed it is one.
    expect(findCardNumber({ trackingNumber: '4000056655665556', serials: ['4000056655665556'] })).toBeNull();
    expect(findCardNumber({ trackingNumber: '4000 0566 5566 5556' })).toBe('/trackingNumber');
    expect(findCardNumber({ note: '4000056655665556' })).toBe('/note');
    // Of no network that is known here, but called a card's.
    expect(findCardNumber({ reference: '7992739871301006' })).toBeNull();
    expect(findCardNumber({ card_number: '7992739871301006' })).toBe('/card_number');
    expect(findCardNumber({ phone: '4917612345670' })).toBeNull();
    expect(findCardNumber({ lines: [{ a: 1 }, { 'b/c': 4242424242424242 }] })).toBe('/lines/1/b~1c');
    expect(findCardNumber({ '4242424242424242': 1 })).toBe('');
  });

  it('are masked where texts are kept, and JSON stays JSON', () => {
    expect(maskCardNumbers('a 4242 4242 4242 4242, b 1234')).toBe('a [card number], b 1234');
    const json = JSON.stringify({ a: 4242424242424242, b: 'x 5555555555554444 y', c: 1795259342217 });
    expect(JSON.parse(maskCardNumbers(json, '0'))).toEqual({ a: 0, b: 'x 0 y', c: 1795259342217 });
  });

  it('are never missed by the first look, nor seen in what is made here', () => {
    const lead = fc.constantFrom('4', '51', '2221', '6011', '65', '3528', '62');
    const tail = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 15, maxLength: 15 });
    const separator = fc.constantFrom('', ' ', '-', '.', '\u2013');
    fc.assert(
      fc.property(lead, tail, separator, fc.string(), (first, rest, between, before) => {
        const body = (first + rest.join('')).slice(0, 15);
        const check = [...'0123456789'].find((digit) => passesLuhn(body + digit))!;
        const text = `${before} ${(body + check).match(/.{4}/g)!.join(between)}`;
        expect(mayHoldCardNumber(text)).toBe(true);
        expect(mayHoldCardNumberBytes(Buffer.from(text))).toBe(true);
        expect(holdsCardNumber(text)).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.uuid(), (id) => !holdsCardNumber(`/api/v1/orders/${id}/lines/${id}`)),
      { numRuns: 2_000 },
    );
    const article = fc
      .tuple(fc.constantFrom(12, 13), fc.bigInt({ min: 0n, max: 9_999_999_999_999n }))
      .map(([size, n]) => {
        const digits = String(n).padStart(13, '4').slice(-size);
        const sum = [...digits].reverse().reduce((all, digit, i) => all + Number(digit) * (i % 2 === 0 ? 3 : 1), 0);
        return digits + String((10 - (sum % 10)) % 10);
      });
    fc.assert(
      fc.property(article, (gtin) => !holdsCardNumber(`EAN ${gtin} in stock`)),
      { numRuns: 2_000 },
    );
  });
});
