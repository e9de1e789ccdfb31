import type { SAXParser } from 'sax';

/** A point of a track as a file has it; what is missing or no number is left out. Metres, m/s, degrees. */
export interface GpxPoint {
  /** Its place among the points of all tracks, from 0, and the line on which it begins, from 1. */
  index: number;
  line: number;
  lat?: number;
  lng?: number;
  /** As the file says; null where it says none. */
  time: string | null;
  altitude?: number;
  speed?: number;
  course?: number;
  accuracy?: number;
}

/** What is wrong with a file as a whole. */
export class GpxFault extends Error {
  constructor(
    readonly code: 'not-gpx' | 'malformed' | 'document-type' | 'too-many-points',
    message: string,
    readonly line: number,
  ) {
    super(message);
  }
}

/** Members of a point by their local names: GPX 1.1, speed and course of GPX 1.0 and of Garmin's TrackPointExtension, and what loggers add. */
const NUMBERS: Record<string, 'altitude' | 'speed' | 'course' | 'accuracy'> = {
  ele: 'altitude',
  speed: 'speed',
  course: 'course',
  bearing: 'course',
  accuracy: 'accuracy',
};
const PIECE = 65_536;
/** Characters of one text; a member of a point is shorter. */
const MOST_TEXT = 100;

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\s*[-+]?\d{1,12}(?:\.\d{1,20})?(?:[eE][-+]?\d{1,2})?\s*$/.test(text)
    ? Number(text)
    : undefined;
const localName = (name: string): string => name.slice(name.indexOf(':') + 1).toLowerCase();

/**
 * Reads the tracks of a GPX file piece by piece; waypoints and routes are passed over, since nobody was there by them. Document
 * types are refused, so that nothing expands. `pause` is awaited between pieces.
 * @throws GpxFault where it is no GPX, not well formed, or has more than `most` points
 */
export async function readGpx(
  content: Buffer,
  most: number,
  pause: () => Promise<void> | undefined,
): Promise<GpxPoint[]> {
  const { parser: makeParser } = await import('sax');
  const parser: SAXParser = makeParser(true, { position: true });
  const points: GpxPoint[] = [];
  let fault: GpxFault | null = null;
  let root = false;
  let depth = 0;
  let point: GpxPoint | null = null;
  let text = '';
  const wrong = (code: GpxFault['code'], message: string): void => {
    fault ??= new GpxFault(code, message, parser.line + 1);
  };
  parser.onerror = (error) => wrong('malformed', error.message.split('\n')[0]);
  parser.ondoctype = () => wrong('document-type', 'It declares a document type.');
  parser.onopentag = ({ name, attributes }) => {
    depth += 1;
    text = '';
    const local = localName(name);
    if (depth === 1) {
      root = local === 'gpx';
      if (!root) wrong('not-gpx', `It begins with <${name.slice(0, 50)}>, not with <gpx>.`);
    } else if (local === 'trkpt' && !point && !fault) {
      if (points.length === most) return wrong('too-many-points', `It has more than ${most} points.`);
      const { lat, lon } = attributes as Record<string, string>;
      point = { index: points.length, line: parser.line + 1, lat: numberOf(lat), lng: numberOf(lon), time: null };
      points.push(point);
    }
  };
  const hear = (said: string): void => {
    if (point && text.length <= MOST_TEXT) text += said;
  };
  parser.ontext = hear;
  parser.oncdata = hear;
  parser.onclosetag = (name) => {
    depth -= 1;
    const local = localName(name);
    if (!point) return;
    if (local === 'trkpt') point = null;
    else if (local === 'time') point.time ??= text.trim().slice(0, MOST_TEXT);
    else if (Object.hasOwn(NUMBERS, local)) {
      const [member, value] = [NUMBERS[local], numberOf(text)];
      // Loggers say -1 for what they do not know.
      if (member === 'altitude' || (value ?? 0) >= 0) point[member] ??= value;
    }
    text = '';
  };
  const decoder = new TextDecoder('utf-8');
  for (let at = 0; at < content.length && !fault; at += PIECE) {
    parser.write(decoder.decode(content.subarray(at, at + PIECE), { stream: true }));
    await pause();
  }
  // A character that is cut off is a fault like others; closing would throw it.
  if (!fault) parser.write(decoder.decode());
  if (!fault) parser.close();
  if (!fault && !root) wrong('not-gpx', 'It is empty.');
  if (fault) throw fault as GpxFault;
  return points;
}
