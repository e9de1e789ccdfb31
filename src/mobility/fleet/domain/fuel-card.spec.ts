import fc from 'fast-check';
import {
  digestOf,
  duplicatesOf,
  flagsOf,
  matched,
  rowKeyOf,
  saysCardNumber,
  stretchAround,
  type CardFileRow,
  type CardRow,
  type Filling,
} from './fuel-card';

const MINUTE = 60_000;
const VAN = { fuelType: 'diesel' as const, tankCapacity: 75 };
const row = (id: string, more: Partial<CardRow> = {}): CardRow => ({
  ...{ id, key: id, cardId: 'card', at: 0, fuelType: null, quantity: 50_000, amount: 8_000, currency: 'EUR' },
  ...{ lat: null, lng: null, nearestMetres: null, decision: null, fixed: false },
  ...more,
});
const filling = (id: string, more: Partial<Filling> = {}): Filling => ({
  ...{ kind: 'entry', id, from: 0, to: 0, quantity: 50_000, unit: 'ml', lat: null, lng: null },
  ...more,
});
const given = (rows: readonly CardRow[], fillings: readonly Filling[]): Record<string, string> =>
  Object.fromEntries([...matched(rows, fillings, VAN)].map(([id, found]) => [id, found.id]));

describe('rows of fuel cards', () => {
  it('are what is near in time, place and volume, each once', () => {
    const near = filling('e', { from: 29 * MINUTE, to: 40 * MINUTE });
    expect(given([row('r')], [near])).toEqual({ r: 'e' });
    expect(given([row('r')], [{ ...near, from: 31 * MINUTE }])).toEqual({});
    expect(given([row('r', { quantity: 55_000 })], [near])).toEqual({ r: 'e' });
    expect(given([row('r', { quantity: 55_100 })], [near])).toEqual({});
    expect(given([row('r', { quantity: 3_000 })], [{ ...near, quantity: 1_100 }])).toEqual({ r: 'e' });
    expect(given([row('r', { fuelType: 'cng' })], [near])).toEqual({});
    const here = { lat: 48, lng: 16 };
    expect(given([row('r', here)], [{ ...near, lat: 48.004, lng: 16 }])).toEqual({ r: 'e' });
    expect(given([row('r', here)], [{ ...near, lat: 48.005, lng: 16 }])).toEqual({});
    const rows = [row('a', { at: -10 * MINUTE, amount: 7_000 }), row('b', { at: 25 * MINUTE })];
    expect(given(rows, [near])).toEqual({ b: 'e' });
    expect(given(rows, [near, filling('f', { from: 5 * MINUTE, to: 5 * MINUTE })])).toEqual({ b: 'e', a: 'f' });
    expect(given([row('r', { decision: 'disputed' }), row('s', { fixed: true })], [near])).toEqual({});
  });

  it('are told twice where the same card paid the same within ten minutes', () => {
    const rows = [row('a'), row('b', { at: 9 * MINUTE }), row('c', { at: 18 * MINUTE }), row('d', { cardId: 'other' })];
    expect([...duplicatesOf(rows)]).toEqual(['b']);
    expect(duplicatesOf([row('a'), row('b', { amount: 1 }), row('c', { quantity: 1 })]).size).toBe(0);
    // What is disputed was not paid: the other is no repetition.
    const disputed = [row('a', { decision: 'disputed' }), row('b'), row('c')];
    expect([...duplicatesOf(disputed)]).toEqual(['c']);
    expect(given(disputed, [filling('e')])).toEqual({ b: 'e' });
    // Accepted: something else after all, once the first has what it is.
    const both = [row('a', { at: 5 * MINUTE }), row('b', { at: 6 * MINUTE, decision: 'accepted' })];
    expect(given(both, [filling('e', { from: 6 * MINUTE, to: 6 * MINUTE })])).toEqual({ a: 'e' });
  });

  it('are known again however their provider is written', () => {
    const told: CardFileRow = { line: 2, provider: 'DKV Euro-Service', card: '4182', at: '2026-03-01', quantity: 50 };
    const again = { ...told, line: 9, provider: 'dkv  euro service' };
    expect([digestOf(again), rowKeyOf(again)]).toEqual([digestOf(told), rowKeyOf(told)]);
    expect(digestOf({ ...told, provider: 'UTA' })).not.toBe(digestOf(told));
  });

  it.each([
    ['transaction', '7004 1234 5678 9041 82', 'transaction'],
    // Every tenth long number has a right check digit: it is another's, or none.
    ['transaction', '700412345678904190', null],
    ['transaction', '123456789012', null],
    ['provider', 'DKV 123456789012', 'provider'],
    ['station', 'A1 0043-1234-5678', 'station'],
    ['station', 'Nord 12345678901', null],
    ['plate', '123456789012', 'plate'],
  ])('are not taken with a card’s number as %s: %s', (name, text, found) => {
    const told = { line: 2, provider: 'DKV', card: '4182', at: '2026-03-01', quantity: 50 };
    expect(saysCardNumber({ ...told, [name]: text })).toBe(found);
  });

  it('are flagged by what the vehicle is', () => {
    const found = { found: true, twice: false };
    expect(flagsOf(row('r'), VAN, found)).toEqual([]);
    expect(flagsOf(row('r'), null, { found: false, twice: true })).toEqual(['unmatched', 'duplicate']);
    expect(flagsOf(row('r', { quantity: 79_000, nearestMetres: 501 }), VAN, found)).toEqual([
      'exceeds_tank',
      'vehicle_elsewhere',
    ]);
    expect(flagsOf(row('r', { fuelType: 'electric', quantity: 90_000 }), VAN, found)).toEqual(['wrong_fuel']);
    const hybrid = { fuelType: 'hybrid' as const, tankCapacity: null };
    for (const fuelType of ['petrol', 'diesel', 'electric'] as const)
      expect(flagsOf(row('r', { fuelType }), hybrid, found)).toEqual([]);
    expect(flagsOf(row('r', { fuelType: 'lpg' }), hybrid, found)).toEqual(['wrong_fuel']);
  });

  it('are the same for a stretch as for all, whatever order they come in', () => {
    const time = fc.integer({ min: 0, max: 600 }).map((minute) => minute * MINUTE);
    const litres = fc.constantFrom(48_000, 50_000, 53_000, 20_000);
    const rows = fc.array(fc.record({ at: time, quantity: litres, amount: fc.constantFrom(1, 2) }), { maxLength: 12 });
    const fillings = fc.array(fc.record({ from: time, quantity: litres }), { maxLength: 12 });
    fc.assert(
      fc.property(rows, fillings, time, fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), (a, b, core, shuffle) => {
        const all = a.map((more, i) => row(`r${i}`, more));
        const there = b.map(({ from, quantity }, i) => filling(`e${i}`, { from, to: from, quantity }));
        const whole = given(all, there);
        const mixed = <T>(list: readonly T[]): T[] =>
          list
            .map((one, i) => ({ one, by: shuffle[i] }))
            .sort((x, y) => x.by - y.by)
            .map(({ one }) => one);
        expect(given(mixed(all), mixed(there))).toEqual(whole);
        const near = stretchAround([...all.map(({ id, at }) => ({ id, from: at, to: at })), ...there], core, core);
        const part = given(
          all.filter(({ id }) => near.has(id)),
          there.filter(({ id }) => near.has(id)),
        );
        expect(part).toEqual(Object.fromEntries(Object.entries(whole).filter(([id]) => near.has(id))));
      }),
    );
  });
});
