import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { attributesThatFit, isTime, MOST_POSITIONS, timeOf } from '../domain/fix';
import { batchTooLong, keyRequired } from '../domain/location.errors';

/** Metres a second of one knot. */
const KNOT = 1852 / 3600;

/** What phone trackers send, with an example of each. */
const PARAMETERS: Record<string, [description: string, example: string]> = {
  id: ['The tracker’s key.', 'trk_q3Jc9d0m4Xk2v8Zt1sB7uYpL'],
  deviceid: ['The same as `id`.', 'trk_q3Jc9d0m4Xk2v8Zt1sB7uYpL'],
  timestamp: ['When it was measured: seconds or milliseconds since 1970, or ISO 8601.', '1772366400'],
  deviceTime: ['When the device sent it, in the same forms.', '1772366402'],
  lat: ['Degrees.', '48.2082'],
  lon: ['Degrees.', '16.3738'],
  location: ['`lat` and `lon` in one, with a comma between them.', '48.2082,16.3738'],
  speed: ['Knots, as Traccar Client sends it; unknown where negative.', '27'],
  bearing: ['Degrees clockwise from north.', '270'],
  heading: ['The same as `bearing`.', '270'],
  altitude: ['Metres.', '171'],
  accuracy: ['Metres.', '5'],
  hdop: ['Dilution of precision; an attribute.', '1.2'],
  batt: ['Per cent of the battery; the attribute `battery`.', '83'],
  battery: ['The same as `batt`.', '83'],
  charge: ['Whether the battery is charged; the attribute `charging`.', 'true'],
  odometer: ['Metres; an attribute.', '120345'],
  mock: ['Whether the position is made up; an attribute.', 'false'],
  alarm: ['Such as `sos`; an attribute.', 'sos'],
  event: ['What made the device tell it; an attribute.', 'motionchange'],
  activity: ['What the device says of itself; an attribute.', 'walking'],
  driverUniqueId: ['Who drives; an attribute.', '00417'],
  valid: ['Whether the receiver has a fix; an attribute.', 'true'],
};

/** Documents the parameters; none is needed, since a body may have them, and what is not named is an attribute. */
export const OsmAndQuery = (): MethodDecorator =>
  applyDecorators(
    ...Object.entries(PARAMETERS).map(([name, [description, example]]) =>
      ApiQuery({ name, description, example, required: false, type: String }),
    ),
  );

/** A body as newer clients send it, for the API document. */
export const OSMAND_BODY = {
  type: 'object',
  additionalProperties: true,
  example: {
    device_id: 'trk_q3Jc9d0m4Xk2v8Zt1sB7uYpL',
    location: {
      timestamp: '2026-03-01T12:00:00.000Z',
      coords: { latitude: 48.2082, longitude: 16.3738, accuracy: 5, speed: 13.9, heading: 270, altitude: 171 },
      is_moving: true,
      activity: { type: 'in_vehicle', confidence: 90 },
      battery: { level: 0.83, is_charging: true },
    },
  },
};

/** What a device said in one request: the key of its tracker, and positions as batches have them. */
export interface OsmAndReport {
  key: string;
  positions: object[];
}

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objectOf = (value: unknown): Fields => (isObject(value) ? value : {});

/** A number in its plainest form; nothing for what a device does not know (`NaN`, an empty field). */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'string' && value.trim() === '') return undefined;
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
  return Number.isFinite(number) ? number : undefined;
}
/** A number of what is never negative: that is how phones say that they do not know. */
function knownOf(value: unknown): number | undefined {
  const number = numberOf(value);
  return number !== undefined && number >= 0 ? number : undefined;
}

/** As Traccar keeps an attribute: a number or a flag where it is one, else the text. Digits behind a zero are a name. */
function attributeOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/.test(value) ? Number(value) : value;
}
const flagOf = (value: unknown): unknown => (value === '1' ? true : value === '0' ? false : attributeOf(value));

/** A time as `timeOf` reads it: a plus that came as a space in an address is one again, and a time without a zone is UTC, as Traccar has it. */
function timestampOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  if (/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?$/.test(value)) return `${value.replace(' ', 'T')}Z`;
  return value.replace(/ (\d\d:?\d\d)$/, '+$1');
}

/** When the device sent it, where that can be read: it refuses no position. */
const sentOf = (value: unknown): unknown => (isTime(timeOf(timestampOf(value))) ? timestampOf(value) : undefined);

/**
 * Reads what phone trackers send (OsmAnd, Traccar Client): fields of the address or of a body, or the JSON of newer clients,
 * `{device_id, location: {timestamp, coords: {latitude, longitude, ...}, ...}}`. What is not known is an attribute.
 * @throws AppError unauthenticated `location.tracker-key-required`, invalid `location.batch-too-long`
 */
export function reportOf(query: Fields, body: unknown): OsmAndReport {
  const said = objectOf(body);
  const told = isObject(said.location) || Array.isArray(said.location);
  const fields: Fields = told ? { ...query } : { ...said, ...query };
  const key = fields.id ?? fields.deviceid ?? said.device_id;
  if (typeof key !== 'string' || key === '') throw keyRequired();
  if (!told) return { key, positions: [positionOf(fields)] };
  const locations: readonly unknown[] = Array.isArray(said.location) ? said.location : [said.location];
  if (locations.length > MOST_POSITIONS) throw batchTooLong(MOST_POSITIONS);
  return { key, positions: locations.map(ofLocation) };
}

/** Of fields of an address or a form. */
function positionOf({ id: _id, deviceid: _deviceid, device_id: _deviceId, ...fields }: Fields): object {
  const { timestamp, deviceTime, lat, lon, location, speed, bearing, heading, altitude, accuracy, ...rest } = fields;
  const { batt, battery = batt, charge, valid, alarm, activity, driverUniqueId, ...others } = rest;
  const place = typeof location === 'string' ? location.split(',') : [];
  const knots = knownOf(speed);
  const attributes: Fields = {
    ...{ battery: attributeOf(battery), charging: flagOf(charge), valid: flagOf(valid) },
    ...{ alarm, activity, driverUniqueId },
  };
  for (const [name, value] of Object.entries(others)) attributes[name] ??= attributeOf(value);
  return {
    fixTime: timestampOf(timestamp),
    deviceTime: sentOf(deviceTime),
    lat: numberOf(lat ?? place[0]),
    lng: numberOf(lon ?? place[1]),
    altitude: numberOf(altitude),
    accuracy: knownOf(accuracy),
    speed: knots === undefined ? undefined : knots * KNOT,
    course: knownOf(bearing ?? heading),
    attributes: attributesThatFit(attributes),
  };
}

/** Of a location as `background-geolocation` of Transistor Software has it, and with it Traccar Client from its version 9 on; m/s. */
function ofLocation(location: unknown): object {
  const { coords, timestamp, recorded_at, is_moving, activity, battery, extras, ...rest } = objectOf(location);
  const { latitude, longitude, altitude, accuracy, speed, heading } = objectOf(coords);
  const { level, is_charging } = objectOf(battery);
  const charged = knownOf(level);
  const attributes: Fields = {
    // A share of one, with the noise of a float.
    battery: charged === undefined ? undefined : Math.round(charged * 1_000) / 10,
    charging: is_charging,
    motion: is_moving,
    activity: isObject(activity) ? activity.type : activity,
    ...rest,
    ...objectOf(extras),
  };
  // What newer clients repeat in the form of an address.
  delete attributes._;
  return {
    fixTime: timestampOf(timestamp),
    deviceTime: sentOf(recorded_at),
    lat: numberOf(latitude),
    lng: numberOf(longitude),
    altitude: numberOf(altitude),
    accuracy: knownOf(accuracy),
    speed: knownOf(speed),
    course: knownOf(heading),
    attributes: attributesThatFit(attributes),
  };
}
