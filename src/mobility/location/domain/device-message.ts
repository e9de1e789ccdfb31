import { MOST_BATCH_BYTES, MOST_POSITIONS, PIECE, timeOf } from './fix';

/** Metres a second of a kilometre an hour. */
const KMH = 1 / 3.6;

/** What a device said in one message. */
export interface DeviceMessage {
  /** The tracker's key, where the message carries one. */
  key: string | null;
  positions: readonly unknown[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads a message of a device (JSON): `{key?, positions: [...]}`, one position with `key?`, or a location of OwnTracks.
 * @returns `ignored` for what OwnTracks says besides locations, `malformed` for what is none of these
 */
export function readMessage(payload: Buffer): DeviceMessage | 'malformed' | 'ignored' {
  if (payload.length > MOST_BATCH_BYTES) return 'malformed';
  let said: unknown;
  try {
    said = JSON.parse(payload.toString('utf8'));
  } catch {
    return 'malformed';
  }
  if (!isObject(said) || (said.key !== undefined && typeof said.key !== 'string')) return 'malformed';
  const { key = null, ...rest } = said as { key?: string } & Record<string, unknown>;
  if (rest._type !== undefined) return rest._type === 'location' ? { key, positions: [ofOwnTracks(rest)] } : 'ignored';
  if (rest.positions === undefined) return 'fixTime' in rest ? { key, positions: [rest] } : 'malformed';
  if (!Array.isArray(rest.positions) || rest.positions.length > MOST_POSITIONS) return 'malformed';
  return { key, positions: rest.positions };
}

/** The positions of a message in pieces; of a long one the oldest come first, or else the rest would come late. */
export function piecesOf(positions: readonly unknown[]): (readonly unknown[])[] {
  if (positions.length <= PIECE) return positions.length === 0 ? [] : [positions];
  const timed = positions.map((position) => {
    const time = timeOf((position as { fixTime?: unknown } | null)?.fixTime);
    // Without one it is refused anyway.
    return { position, time: Number.isFinite(time) ? time : 0 };
  });
  const sorted = timed.sort((a, b) => a.time - b.time).map(({ position }) => position);
  return Array.from({ length: Math.ceil(sorted.length / PIECE) }, (_, k) => sorted.slice(k * PIECE, (k + 1) * PIECE));
}

/** A position as batches have it, of a location of OwnTracks (speed in km/h, time in seconds). */
function ofOwnTracks({ tst, lat, lon, alt, vel, cog, acc, batt, t, conn }: Record<string, unknown>): object {
  const attributes = { battery: batt, trigger: t, connection: conn };
  return {
    fixTime: tst,
    lat,
    lng: lon,
    altitude: alt,
    speed: typeof vel === 'number' ? vel * KMH : vel,
    course: cog,
    accuracy: acc,
    attributes: Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)),
  };
}
