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
