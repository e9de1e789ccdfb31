import { readTimestamp } from './data-source';

describe('readTimestamp', () => {
  it.each([
    ['2026-11-21 05:09:43.123999+00', '2026-11-21T05:09:43.123Z'],
    ['2026-11-21 05:09:43.1+00', '2026-11-21T05:09:43.100Z'],
    ['2026-11-21 05:09:43.012+00', '2026-11-21T05:09:43.012Z'],
    ['2026-02-28 23:59:59+00', '2026-02-28T23:59:59.000Z'],
    // What is written otherwise is left to pg's own reader.
    ['0099-01-01 00:00:00+00', '0099-01-01T00:00:00.000Z'],
    ['2026-11-21 05:09:43+02', '2026-11-21T03:09:43.000Z'],
    ['10000-01-01 00:00:00+00', '+010000-01-01T00:00:00.000Z'],
  ])('reads %s', (text, iso) => {
    expect((readTimestamp(text) as Date).toISOString()).toBe(iso);
  });

  it('reads infinity', () => {
    expect(readTimestamp('infinity')).toBe(Infinity);
  });
});
