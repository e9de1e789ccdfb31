import { DateTime } from 'luxon';
import { readOsmHours } from '../adapters/osm-hours';
import { readHours, ZONE_NAME, type HoursRequest, type OpeningHours } from '../domain/opening-hours';
import type { PlaceFault } from '../domain/places.errors';

/** Hours as they are sent: structured, or as OpenStreetMap writes them. */
export type AskedHours = HoursRequest & { osm?: string };

/** The hours that somebody means, or what is wrong with them. @param at now: hours by the calendar are written out from there */
export function hoursOf(
  asked: AskedHours,
  where: { country: string | null; region: string | null; lat: number; lng: number },
  at: Date,
): OpeningHours | PlaceFault {
  const { zone, osm, week, exceptions } = asked;
  if (!ZONE_NAME.test(zone))
    return { pointer: '/zone', code: 'zone', detail: `"${zone}" is no time zone such as Europe/Vienna.` };
  const given = readHours({ zone, week, exceptions });
  if ('code' in given || osm === undefined) return given;
  if (week)
    return { pointer: '/osm', code: 'both', detail: 'Send either a week or hours as OpenStreetMap writes them.' };
  const read = readOsmHours(osm, zone, where, DateTime.fromJSDate(at, { zone }).toISODate()!);
  if ('code' in read) return read;
  // Dates that are told beside it come first.
  return { ...read, exceptions: { ...read.exceptions, ...given.exceptions } };
}
