import { continues, countedAfter, countOf, PACES, type Said } from './device-meter';

const KM = 1_000;
/** Values, one a minute. */
const said = (...values: number[]): Said[] => values.map((value, i) => ({ at: i * 60_000, value }));
const count = (values: Said[], last: Said | null = null) => {
  const { counted, last: end } = countOf(PACES.odometer, last, values);
  return [counted.reduce((sum, { amount }) => sum + amount, 0), end?.value ?? null];
};

it.each([
  ['goes on', said(50 * KM, 51 * KM, 52 * KM), 2 * KM, 52 * KM],
  ['comes in any order', said(50 * KM, 51 * KM, 52 * KM).reverse(), 2 * KM, 52 * KM],
  ['begins with nought', said(0, 50 * KM, 51 * KM), KM, 51 * KM],
  ['says nonsense once', said(50 * KM, 51 * KM, 4e9, 52 * KM), 2 * KM, 52 * KM],
  ['says nought once', said(50 * KM, 51 * KM, 0, 52 * KM), 2 * KM, 52 * KM],
  ['says nonsense, never the same', said(50 * KM, 4e9, 9, 4e8, 7e6, 51 * KM), KM, 51 * KM],
  ['is rounded', said(50_000, 49_990, 50_020), 20, 50_020],
  ['was reset', said(50 * KM, 51 * KM, 0, KM, 2 * KM), 3 * KM, 2 * KM],
  ['was set', said(50 * KM, 51 * KM, 900 * KM, 901 * KM, 902 * KM), 3 * KM, 902 * KM],
] as const)('a count that %s', (_name, values, amount, last) => {
  expect(count(values)).toEqual([amount, last]);
});

it('what is older than the last, or the same, counts once', () => {
  const [first, ...more] = said(50 * KM, 51 * KM, 52 * KM);
  expect(count([first, ...more], more[0])).toEqual([KM, 52 * KM]);
  expect(count([first, ...more], more[1])).toEqual([0, 52 * KM]);
});

it('a silence over which was driven counts, what nobody drives does not', () => {
  expect(
    count([
      { at: 0, value: KM },
      { at: 3_600_000, value: 101 * KM },
    ]),
  ).toEqual([100 * KM, 101 * KM]);
  expect(
    count([
      { at: 0, value: KM },
      { at: 3_600_000, value: 501 * KM },
    ]),
  ).toEqual([0, KM]);
});

it('an engine runs no longer than there was time', () => {
  const { counted, last } = countOf(PACES.engine_hours, { at: 0, value: 100 }, [{ at: 3_600_000, value: 9_000 }]);
  expect([counted, last?.value]).toEqual([[], 100]);
});

it('a tracker that knows the vehicle’s meter goes on from what was read', () => {
  const read = { at: 0, value: 120_000 * KM };
  const after = (hours: number, km: number) => ({ at: hours * 3_600_000, value: km * KM });
  expect(continues(PACES.odometer, read, after(24, 120_700))).toBe(true);
  for (const other of [after(24, 300), after(1, 121_500), after(0, 120_000)])
    expect(continues(PACES.odometer, read, other)).toBe(false);
});

it('what lies over a moment counts by its share of time', () => {
  const counted = [
    { from: 0, at: 100, amount: 10 },
    { from: 100, at: 200, amount: 20 },
    { from: 200, at: 300, amount: 40 },
  ];
  expect([-1, 50, 150, 300].map((moment) => countedAfter(counted, moment))).toEqual([70, 65, 50, 0]);
});
