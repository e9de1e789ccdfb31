import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = [status: number, body: unknown, headers?: Record<string, string>] | 'silent' | 'hang up';
export interface Asked {
  path: string;
  body: Record<string, unknown> | null;
}

/** A server of ways on loopback that says what it is told to say. */
export class Double {
  readonly asked: Asked[] = [];
  say: (asked: Asked) => Answer = () => [404, {}];
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const piece of request as AsyncIterable<Buffer>) text += piece.toString();
    const asked = { path: request.url!, body: text ? (JSON.parse(text) as Record<string, unknown>) : null };
    this.asked.push(asked);
    const said = this.say(asked);
    if (said === 'silent') return;
    if (said === 'hang up') return void response.destroy();
    const [status, body, headers] = said;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }
}

export const A = { lat: 38.71, lng: -9.14 };
export const B = { lat: 38.72, lng: -9.13 };
export const C = { lat: 38.73, lng: -9.12 };
export const PRICES = { perKm: 1, perHour: 36 };
export const ASKED = { waypoints: [A, B], objective: 'time' as const, alternatives: 1, prices: PRICES };
export const place = ({ lat, lng }: typeof A, distance = 3): object => ({ location: [lng, lat], distance, name: '' });
const osrmStep = (
  type: string,
  modifier: string | undefined,
  name: string,
  metres: number,
  more: object = {},
): object => ({
  maneuver: { type, modifier, location: [A.lng, A.lat], bearing_after: 90, ...more },
  name,
  distance: metres,
  duration: metres / 10,
});
export const OSRM_ROUTE = {
  distance: 900,
  duration: 90,
  geometry: { type: 'LineString', coordinates: [A, B].map(({ lat, lng }) => [lng, lat]) },
  legs: [
    {
      distance: 900,
      duration: 90,
      steps: [
        osrmStep('depart', undefined, 'Rua A', 300),
        osrmStep('turn', 'slight left', 'Rua B', 200),
        osrmStep('roundabout', 'right', 'Rua C', 100, { exit: 2 }),
        osrmStep('exit roundabout', 'right', 'Rua C', 250),
        osrmStep('end of road', 'right', 'Rua D', 50),
        osrmStep('arrive', undefined, 'Rua D', 0),
      ],
    },
  ],
};
export const OSRM_OK: Answer = [200, { code: 'Ok', waypoints: [A, B].map((one) => place(one)), routes: [OSRM_ROUTE] }];
/** Any table that is asked for; from its first origin no way leads to its second destination. */
export const OSRM_TABLE: Double['say'] = ({ path: asked }) => {
  const query = new URL(asked, 'http://x').searchParams;
  const [from, to] = [query.get('sources')!.split(';'), query.get('destinations')!.split(';')];
  const rows = from.map((_, row) => to.map((__, column) => (row === 0 && column === 1 ? null : row * 100 + column)));
  const many = (ids: string[]): object[] => ids.map(() => place(A));
  return [200, { code: 'Ok', durations: rows, distances: rows, sources: many(from), destinations: many(to) }];
};
export const encoded = (points: (typeof A)[]): string => {
  let [text, before] = ['', [0, 0]];
  for (const { lat, lng } of points) {
    const now = [Math.round(lat * 1e6), Math.round(lng * 1e6)];
    for (const k of [0, 1]) {
      let value = now[k] - before[k];
      value = value < 0 ? ~(value << 1) : value << 1;
      for (; value >= 32; value >>= 5) text += String.fromCharCode((32 | (value & 31)) + 63);
      text += String.fromCharCode(value + 63);
    }
    before = now;
  }
  return text;
};
const trip = (points: (typeof A)[], kilometres: number): object => ({
  legs: [
    {
      summary: { time: kilometres * 100, length: kilometres },
      shape: encoded(points),
      maneuvers: [
        {
          type: 2,
          instruction: 'Drive north on Rua A.',
          street_names: ['Rua A'],
          time: 50,
          length: 0.5,
          begin_shape_index: 0,
        },
        {
          type: 26,
          instruction: 'Take the 3rd exit.',
          roundabout_exit_count: 3,
          time: 30,
          length: 0.3,
          begin_shape_index: 0,
        },
        { type: 27, instruction: 'Exit.', time: 20, length: 0.2, begin_shape_index: 0 },
        { type: 4, instruction: 'You have arrived.', time: 0, length: 0, begin_shape_index: 1 },
      ],
    },
  ],
});
export const VALHALLA_OK: Answer = [200, { trip: trip([A, B], 1), alternates: [{ trip: trip([A, B], 1.2) }] }];

/** The latitude of a straight road eastwards on which the doubles below place all that is within 60 metres of it. */
export const ROAD_LAT = 48;
const MOST_NAMED = 100;
const onRoad = (lat: number): boolean => Math.abs(lat - ROAD_LAT) * 111_195 < 60;
const metresEast = (from: number, to: number): number =>
  Math.abs(to - from) * 111_195 * Math.cos((ROAD_LAT * Math.PI) / 180);

/** OSRM's `/match` on that road: as strict as it is about the number of places, radiuses and times. */
export const OSRM_MATCH: Double['say'] = ({ path: asked }) => {
  const { pathname, searchParams: query } = new URL(asked, 'http://x');
  const places = pathname
    .split('/')
    .at(-1)!
    .split(';')
    .map((place) => place.split(',').map(Number));
  const many = (name: string): number[] => query.get(name)!.split(';').map(Number);
  const [timestamps, radiuses] = [many('timestamps'), many('radiuses')];
  if (places.length > MOST_NAMED) return [400, { code: 'TooBig', message: 'Too many trace coordinates' }];
  const fits = timestamps.length === places.length && radiuses.length === places.length && places.length > 1;
  const sorted = timestamps.every((time, k) => Number.isInteger(time) && (k === 0 || time >= timestamps[k - 1]));
  if (!fits || !sorted) return [400, { code: 'InvalidValue' }];
  const matched = places.flatMap(([, lat], k) => (onRoad(lat) ? [k] : []));
  if (matched.length < 2) return [400, { code: matched.length === 0 ? 'NoSegment' : 'NoMatch' }];
  const step = (type: string, coordinates: number[][], distance: number): object => ({
    maneuver: { type, location: coordinates[0] },
    name: 'Main Road',
    ref: 'B1',
    distance,
    duration: distance / 10,
    geometry: { type: 'LineString', coordinates },
  });
  const legs = matched.slice(1).map((k, n) => {
    const [from, to] = [places[matched[n]][0], places[k][0]];
    const distance = metresEast(from, to);
    const ends = [from, to].map((lng) => [lng, ROAD_LAT]);
    return { distance, steps: [step('depart', ends, distance), step('arrive', [ends[1], ends[1]], 0)] };
  });
  const tracepoints = places.map(([lng], k) =>
    matched.includes(k)
      ? {
          ...{ location: [lng, ROAD_LAT], name: 'Main Road', distance: 3, alternatives_count: 0 },
          ...{ matchings_index: 0, waypoint_index: matched.indexOf(k) },
        }
      : null,
  );
  return [200, { code: 'Ok', tracepoints, matchings: [{ confidence: 0.9, legs, distance: 1, duration: 1 }] }];
};

/** Valhalla's `/trace_attributes` on that road: an edge for each hundredth of a degree that is driven, cut at both ends. */
export const VALHALLA_TRACE: Double['say'] = ({ body }) => {
  const { shape } = body as unknown as { shape: { lat: number; lon: number; time: number }[] };
  const lngs = shape.flatMap(({ lat, lon }) => (onRoad(lat) ? [lon] : []));
  if (lngs.length < 2) return [400, { error_code: 444, error: 'Map Match algorithm failed to find path' }];
  const [west, east] = [Math.min(...lngs), Math.max(...lngs)];
  const first = Math.floor(west * 100);
  const last = Math.max(first, Math.ceil(east * 100) - 1);
  const ends = Array.from({ length: last - first + 2 }, (_, k) => {
    const lng = Math.min(east, Math.max(west, (first + k) / 100));
    return { lat: ROAD_LAT, lng };
  });
  const edges = ends.slice(1).map((_, k) => ({
    names: [k % 2 === 0 ? 'Even Street' : 'Odd Street', 'B1'],
    ...{ begin_shape_index: k, end_shape_index: k + 1 },
  }));
  const matched_points = shape.map(({ lat, lon }) =>
    onRoad(lat)
      ? {
          ...{ lat: ROAD_LAT, lon, type: 'matched', distance_from_trace_point: 3 },
          edge_index: Math.min(edges.length - 1, Math.floor(lon * 100) - first),
        }
      : { lat, lon, type: 'unmatched' },
  );
  return [200, { units: 'kilometers', shape: encoded(ends), edges, matched_points, alternate_paths: [] }];
};
