import { DateTime } from 'luxon';
import type { Money } from '../../../kernel/money/money';
import { costPeriod } from './costs.errors';

/** What is entered by hand. Fuel and work orders come from their own entries; so does depreciation where a purchase is known. */
export const COST_CATEGORIES = [
  'insurance',
  'lease',
  'loan',
  'tax',
  'permit',
  'toll',
  'fine',
  'parking',
  'tyres',
  'washing',
  'depreciation',
  'maintenance',
  'fuel',
  'subscription',
  'other',
] as const;
export type CostCategory = (typeof COST_CATEGORIES)[number];

/** Owed whether the vehicle moves or stands; all else is variable, and so is depreciation by distance. */
export const FIXED_CATEGORIES: readonly CostCategory[] = [
  'insurance',
  'lease',
  'loan',
  'tax',
  'permit',
  'depreciation',
  'subscription',
];

export const COST_INTERVALS = ['week', 'month', 'quarter', 'year'] as const;
export type CostInterval = (typeof COST_INTERVALS)[number];

/** What a vehicle cost beside fuel and work orders. */
export interface CostEntry {
  id: string;
  vehicleId: string;
  /** Whose it is, such as a fine; null: whoever was with the vehicle. */
  driverId: string | null;
  category: CostCategory;
  amount: Money;
  /** Null where it is of a period. */
  at: Date | null;
  /** First day, and first day that has no part in it. */
  beginsOn: string;
  endsOn: string;
  vendor: string | null;
  reference: string | null;
  note: string | null;
  fileId: string | null;
  seriesId: string | null;
  occurrence: number | null;
}

/** A cost that comes back, such as a monthly lease. */
export interface CostSeries {
  id: string;
  vehicleId: string;
  category: CostCategory;
  amount: Money;
  every: CostInterval;
  /** First day of the first period. */
  beginsOn: string;
  /** Periods that begin after this day are not made; null: for ever. */
  endsOn: string | null;
  vendor: string | null;
  reference: string | null;
  note: string | null;
  /** Periods that are entered already. */
  made: number;
}

/** The longest period that one entry is spread over: ten years. */
export const MOST_DAYS = 3_660;

const day = (text: string): DateTime => DateTime.fromISO(text, { zone: 'utc' });
export const plusDays = (text: string, days: number): string => day(text).plus({ days }).toISODate()!;

/** The day on which a moment falls in a time zone. */
export const dayOf = (at: Date, timeZone: string): string => DateTime.fromJSDate(at, { zone: timeZone }).toISODate()!;

/** The moment at which a day begins in a time zone. */
export const beginOf = (text: string, timeZone: string): Date =>
  DateTime.fromISO(text, { zone: timeZone }).startOf('day').toJSDate();

/**
 * The days of an entry: those of its period, or the one on which its moment falls.
 * @throws AppError invalid `fleet.cost-period` for both, neither, an end before the beginning, or more than ten years
 */
export function daysOfEntry(
  given: { at?: Date | null; firstDay?: string | null; lastDay?: string | null },
  timeZone: string,
): Pick<CostEntry, 'at' | 'beginsOn' | 'endsOn'> {
  const { at, firstDay, lastDay } = given;
  const period = Boolean(firstDay && lastDay);
  if (Boolean(at) === period || Boolean(firstDay) !== Boolean(lastDay))
    throw costPeriod('/at', 'one-of', 'Give `at`, or `firstDay` and `lastDay`.');
  if (at) {
    const beginsOn = dayOf(at, timeZone);
    return { at, beginsOn, endsOn: plusDays(beginsOn, 1) };
  }
  const endsOn = plusDays(lastDay!, 1);
  const days = day(endsOn).diff(day(firstDay!), 'days').days;
  if (days < 1) throw costPeriod('/lastDay', 'before-start', 'Give a later day.');
  if (days > MOST_DAYS) throw costPeriod('/lastDay', 'too-long', 'A cost is spread over ten years at most.');
  return { at: null, beginsOn: firstDay!, endsOn };
}

const STEP: Record<CostInterval, object> = {
  week: { weeks: 1 },
  month: { months: 1 },
  quarter: { months: 3 },
  year: { years: 1 },
};

/**
 * The first day of a period of a series; 0 is the first. Counted from the first one, so that what began on the 31st
 * does so again in longer months.
 */
export function periodBegins({ beginsOn, every }: Pick<CostSeries, 'beginsOn' | 'every'>, n: number): string {
  const [[unit, by]] = Object.entries(STEP[every]) as [[string, number]];
  return day(beginsOn)
    .plus({ [unit]: by * n })
    .toISODate()!;
}

/** The period of a series that is entered next; null where it has ended. */
export function nextPeriod(series: CostSeries): { beginsOn: string; endsOn: string } | null {
  const beginsOn = periodBegins(series, series.made);
  if (series.endsOn !== null && beginsOn > series.endsOn) return null;
  return { beginsOn, endsOn: periodBegins(series, series.made + 1) };
}

/** What a vehicle was bought for and is written off over. Days are dates; metres are over its life. */
export interface Purchase {
  price: Money;
  residual: Money;
  purchasedOn: string;
  /** Straight line, day by day; null: by distance. */
  lifeMonths: number | null;
  lifeMetres: number | null;
  /** What its odometer showed then. */
  purchaseMetres: number;
}

export const writtenOffOn = (purchasedOn: string, lifeMonths: number): string =>
  day(purchasedOn).plus({ months: lifeMonths }).toISODate()!;
