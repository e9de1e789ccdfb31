import type { OsmAndParams } from './location.dto';

/** Metres a second of one knot. */
const KNOT = 1852 / 3600;

const numberOf = (text: string | undefined): number | undefined =>
  text === undefined || text.trim() === '' ? undefined : Number(text);
const flagOf = (text: string | undefined): boolean | undefined =>
  text === undefined ? undefined : text === 'true' || text === '1';

/** A position as batches have it, of the parameters that OsmAnd and Traccar Client send (speed in knots). */
export function positionOf(query: OsmAndParams): object {
  const speed = numberOf(query.speed);
  const course = numberOf(query.bearing ?? query.heading);
  const attributes = {
    battery: numberOf(query.batt),
    charging: flagOf(query.charge),
    odometer: numberOf(query.odometer),
    alarm: query.alarm,
    activity: query.activity,
    valid: flagOf(query.valid),
  };
  return {
    fixTime: /^\d+(\.\d+)?$/.test(query.timestamp ?? '') ? Number(query.timestamp) : query.timestamp,
    lat: numberOf(query.lat),
    lng: numberOf(query.lon),
    altitude: numberOf(query.altitude),
    accuracy: numberOf(query.accuracy),
    // Negative where the phone does not know it.
    speed: speed !== undefined && speed >= 0 ? speed * KNOT : undefined,
    course: course !== undefined && course >= 0 ? course : undefined,
    attributes: Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)),
  };
}
