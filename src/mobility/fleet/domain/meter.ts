import { meterBackwards, readingNotLatest } from './fleet.errors';

export const METERS = ['odometer', 'engine_hours'] as const;
/** An odometer counts metres, an engine hour meter seconds. */
export type Meter = (typeof METERS)[number];
export const READING_KINDS = ['reading', 'correction', 'replacement'] as const;
/**
 * `reading`: what the meter shows. `correction`: an earlier reading was wrong, this one is right. `replacement`: there is
 * another meter from here on, which shows something else; what was driven stays.
 */
export type ReadingKind = (typeof READING_KINDS)[number];

/** What was read before or after, in the order of time. */
export interface PlacedReading {
  kind: ReadingKind;
  shown: number;
  /** Over the life of the vehicle. */
  total: number;
}

/**
 * The total that a reading stands for, between those before and after it in time. Totals never go backwards, except by a
 * correction.
 * @throws AppError conflict `fleet.meter-backwards`, `fleet.reading-not-latest`
 */
export function totalOf(
  reading: { kind: ReadingKind; shown: number },
  before: PlacedReading | null,
  after: PlacedReading | null,
): number {
  if (reading.kind !== 'reading' && after) throw readingNotLatest();
  if (reading.kind === 'replacement') return before?.total ?? reading.shown;
  const total = reading.shown + (before ? before.total - before.shown : after ? after.total - after.shown : 0);
  if (reading.kind === 'correction') {
    if (total < 0) throw meterBackwards(before!.shown, null);
    return total;
  }
  const bounded = after && after.kind === 'reading' ? after : null;
  if ((before && total < before.total) || (bounded && total > bounded.total))
    throw meterBackwards(before?.shown ?? null, bounded?.shown ?? null);
  return total;
}
