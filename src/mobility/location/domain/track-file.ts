import type { Place } from './geodesy';

export const TRACK_FORMATS = ['gpx', 'kml', 'geojson', 'csv'] as const;
export type TrackFormat = (typeof TRACK_FORMATS)[number];

/** A point as files have it: times in milliseconds, metres, m/s. */
export interface TrackPoint extends Place {
  fixTime: number;
  /** When the device sent it, by its own clock, and when it came. */
  deviceTime: number | null;
  receivedAt: number;
  altitude: number | null;
  speed: number | null;
  course: number | null;
  accuracy: number | null;
}

export const MEDIA_TYPES: Record<TrackFormat, string> = {
  gpx: 'application/gpx+xml',
  kml: 'application/vnd.google-earth.kml+xml',
  geojson: 'application/geo+json',
  csv: 'text/csv; charset=utf-8',
};

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
/** Text of an XML 1.0 document; what it cannot hold is left out. */
const xml = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replace(/[&<>"']/g, (it) => ENTITIES[it]);
const iso = (ms: number): string => new Date(ms).toISOString();

/** A track as a file of its format: GPX 1.1, KML 2.2 with `gx:Track`, GeoJSON (RFC 7946), CSV (RFC 4180). */
export function trackFile(format: TrackFormat, name: string, points: readonly TrackPoint[]): string {
  return WRITERS[format](name, points);
}

const WRITERS: Record<TrackFormat, (name: string, points: readonly TrackPoint[]) => string> = {
  gpx: (name, points) =>
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<gpx version="1.1" creator="Mainstay" xmlns="http://www.topografix.com/GPX/1/1">',
      `<trk><name>${xml(name)}</name><trkseg>`,
      ...points.map(
        ({ lat, lng, altitude, fixTime }) =>
          `<trkpt lat="${lat}" lon="${lng}">${altitude === null ? '' : `<ele>${altitude}</ele>`}<time>${iso(fixTime)}</time></trkpt>`,
      ),
      '</trkseg></trk></gpx>\n',
    ].join('\n'),
  kml: (name, points) =>
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">',
      `<Document><Placemark><name>${xml(name)}</name><gx:Track>`,
      ...points.map(({ fixTime }) => `<when>${iso(fixTime)}</when>`),
      ...points.map(({ lat, lng, altitude }) => `<gx:coord>${lng} ${lat} ${altitude ?? 0}</gx:coord>`),
      '</gx:Track></Placemark></Document></kml>\n',
    ].join('\n'),
  geojson: (name, points) =>
    `${JSON.stringify({
      type: 'Feature',
      // A line has two positions or more.
      geometry:
        points.length < 2 ? null : { type: 'LineString', coordinates: points.map(({ lng, lat }) => [lng, lat]) },
      properties: { name, times: points.map(({ fixTime }) => iso(fixTime)) },
    })}\n`,
  csv: (_name, points) =>
    [
      'fixTime,lat,lng,altitude,speed,course,accuracy,deviceTime,receivedAt',
      ...points.map((it) =>
        [
          ...[iso(it.fixTime), it.lat, it.lng, it.altitude, it.speed, it.course, it.accuracy],
          ...[it.deviceTime === null ? null : iso(it.deviceTime), iso(it.receivedAt)],
        ].join(','),
      ),
      '',
    ].join('\r\n'),
};
