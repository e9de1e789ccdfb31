import fc from 'fast-check';
import { firstTold, funnelWindow, onePeriod, rollingWindow, salesWindow } from './sales-window';

describe('sums of sales', () => {
  it('are kept for the last days, from which other times differ by few days', () => {
    const kept = (window: { from?: string; to?: string }, rolled: string | null = '2026-11-22') =>
      rollingWindow(salesWindow(window, 'all'), rolled);
    expect(kept({ from: '2026-10-23' })).toEqual({ grain: '30 days', differs: [] });
    expect(kept({ from: '2026-10-24' })).toEqual({
      grain: '30 days',
      differs: [{ low: '2026-10-23', high: '2026-10-24', sign: -1 }],
    });
    expect(kept({ from: '2026-11-14', to: '2026-11-22' })).toBeNull();
    expect(kept({ from: '2026-11-15', to: '2026-11-22T10:00:00Z' })).toEqual({
      grain: '7 days',
      differs: [{ low: '2026-11-22', high: 'infinity', sign: -1 }],
    });
    expect(kept({ from: '2025-11-21' })).toEqual({
      grain: '365 days',
      differs: [{ low: '2025-11-21', high: '2025-11-22', sign: 1 }],
    });
    for (const none of [{}, { to: '2026-11-22' }, { from: '2026-11-22' }, { from: '2026-10-01' }])
      expect(kept(none)).toBeNull();
    expect(kept({ from: '2026-10-23' }, null)).toBeNull();
  });

  it('are asked for whole periods, each day once', () => {
    const days = (text: string) => Date.parse(text) / 86_400_000;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2_000 }),
        fc.integer({ min: 0, max: 2_000 }),
        fc.constantFrom('all', 'year', 'month', 'day'),
        (a, b, grain) => {
          const text = (day: number) => new Date(Date.UTC(2020, 0, 1) + day * 86_400_000).toISOString().slice(0, 10);
          const { covers } = salesWindow({ from: text(a), to: text(b) }, grain as never);
          const sum = covers.reduce((all, { low, high }) => all + days(high) - days(low), 0);
          expect(sum).toBe(Math.max(0, b - a));
          for (let i = 1; i < covers.length; i++) expect(covers[i].low).toBe(covers[i - 1].high);
        },
      ),
    );
    expect(
      salesWindow({ from: '2025-11-30', to: '2027-02-02' }, 'all').covers.map(({ grain, low }) => [grain, low]),
    ).toEqual([
      ['day', '2025-11-30'],
      ['month', '2025-12-01'],
      ['year', '2026-01-01'],
      ['month', '2027-01-01'],
      ['day', '2027-02-01'],
    ]);
    expect(onePeriod(salesWindow({ from: '2025-01-01', to: '2026-01-01' }, 'all'))).toEqual({
      grain: 'year',
      period: '2025-01-01',
    });
    expect(onePeriod(salesWindow({ from: '2025-01-01', to: '2027-01-01' }, 'all'))).toBeNull();
    expect(onePeriod(salesWindow({ from: '2025-02-01' }, 'all'))).toBeNull();
  });
});

describe('the checkout funnel', () => {
  it('counts carts of before by whole days, later ones by the moment', () => {
    const now = new Date('2026-11-22T12:00:00Z');
    const exact = new Date('2026-10-22T12:00:00Z');
    const window = (from: string, to: string) => funnelWindow({ from, to }, { exact, now });
    expect(window('2026-09-01T10:00:00Z', '2026-09-02T10:00:00Z')).toEqual({
      from: '2026-09-01T00:00:00.000Z',
      to: '2026-09-03T00:00:00.000Z',
      days: { low: '2026-09-01', high: '2026-09-03' },
      edges: [
        { low: '2026-09-01T00:00:00.000Z', high: '2026-09-01T00:00:00Z' },
        { low: '2026-09-03T00:00:00Z', high: '2026-09-03T00:00:00.000Z' },
      ],
    });
    expect(window('2026-10-22T11:00:00Z', '2026-10-25T10:00:00Z')).toMatchObject({
      from: '2026-10-22T00:00:00.000Z',
      to: '2026-10-25T10:00:00Z',
      days: { low: '2026-10-22', high: '2026-10-25' },
      edges: [{}, { low: '2026-10-25T00:00:00Z', high: '2026-10-25T10:00:00Z' }],
    });
    expect(window('2026-11-01T10:00:00Z', '2026-11-01T20:00:00Z')).toMatchObject({
      days: { low: '2026-11-02', high: '2026-11-02' },
      edges: [{ low: '2026-11-01T10:00:00Z', high: '2026-11-01T20:00:00Z' }],
    });
    expect(window('2026-10-22T12:00:00Z', '9999-12-31T00:00:00Z')).toMatchObject({
      from: '2026-10-22T12:00:00Z',
      to: '9999-12-31T00:00:00Z',
      days: { high: '2026-11-23' },
    });
    expect(window('0001-01-01', '2026-09-02')).toMatchObject({ from: '1970-01-01T00:00:00.000Z' });
    expect(window('2026-09-02T10:00:00Z', '2026-09-01T10:00:00Z')).toMatchObject({ from: '2026-09-02T10:00:00Z' });
    expect(firstTold(new Date('2026-09-01T10:00:00Z'), exact)).toEqual(new Date('2026-09-02T00:00:00Z'));
    expect(firstTold(new Date('2026-10-23T10:00:00Z'), exact)).toEqual(new Date('2026-10-23T10:00:00Z'));
  });
});
