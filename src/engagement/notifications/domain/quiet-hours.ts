import { dayIn, momentOf, type TimeOfDay } from './local-time';

/** Hours in which a person is left in peace, `22:00` to `07:00`; over midnight where `to` is not after `from`. */
export interface QuietHours {
  from: TimeOfDay;
  to: TimeOfDay;
}

/**
 * When the quiet hours that a moment lies in end, or null when it lies in none. They begin and end once a night, whatever
 * the clocks do meanwhile: a time that is shown twice counts when it is shown first, one that is passed over at the next
 * minute that exists.
 */
export function quietUntil({ from, to }: QuietHours, zone: string, at: Date): Date | null {
  if (from === to) return null;
  for (const days of [-1, 0]) {
    const begins = momentOf(dayIn(zone, at, days), from, zone);
    const ends = momentOf(dayIn(zone, at, to > from ? days : days + 1), to, zone);
    if (begins <= at && at < ends) return ends;
  }
  return null;
}
