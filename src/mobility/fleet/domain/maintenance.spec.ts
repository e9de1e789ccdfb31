import { standingOf, type Intervals } from './maintenance';

const DAY = 86_400_000;
const base = { at: new Date(0), metres: 100_000, seconds: 7_200 };
const every: Intervals = { everyDays: 100, everyMetres: 10_000, everySeconds: 36_000, leadPercent: 10 };
const now = (days: number, metres: number, seconds: number) => ({ at: new Date(days * DAY), metres, seconds });

it.each([
  ['nothing near', every, now(89, 108_999, 39_599), 'ok', null],
  ['a date ahead', every, now(90, 100_000, 7_200), 'upcoming', 'date'],
  ['a distance ahead', every, now(0, 109_000, 7_200), 'upcoming', 'distance'],
  ['engine hours ahead', every, now(0, 100_000, 39_600), 'upcoming', 'engine_hours'],
  ['whichever comes first', every, now(95, 110_000, 7_200), 'due', 'distance'],
  ['a jump over two intervals', every, now(0, 125_000, 7_200), 'due', 'distance'],
  ['the day itself', every, now(100, 100_000, 7_200), 'due', 'date'],
  ['no lead', { ...every, leadPercent: 0 }, now(99.9, 109_999, 43_199), 'ok', null],
  [
    'only by engine hours',
    { ...every, everyDays: null, everyMetres: null },
    now(900, 900_000, 43_200),
    'due',
    'engine_hours',
  ],
] as const)('maintenance with %s', (_name, intervals, at, state, by) => {
  expect(standingOf(intervals, base, at)).toEqual({ state, by });
});
