import { malformed } from './exchange';

/** Points of a line in Google's encoding with six digits. @throws ProviderFailed where it is none, and as soon as it has more than `most` */
export function lineOf(encoded: string, most: number): [lng: number, lat: number][] {
  const points: [number, number][] = [];
  let [lat, lng, k] = [0, 0, 0];
  const next = (): number => {
    let [value, shift, byte] = [0, 0, 0];
    do {
      byte = encoded.charCodeAt(k++) - 63;
      if (!(byte >= 0 && byte < 64) || shift > 30) throw malformed();
      value |= (byte & 31) << shift;
      shift += 5;
    } while (byte >= 32);
    return value & 1 ? ~(value >> 1) : value >> 1;
  };
  while (k < encoded.length) {
    lat += next();
    lng += next();
    if (Math.abs(lat) > 90e6 || Math.abs(lng) > 180e6) throw malformed();
    if (points.length >= most) throw malformed();
    points.push([lng / 1e6, lat / 1e6]);
  }
  if (points.length === 0) throw malformed();
  return points;
}
