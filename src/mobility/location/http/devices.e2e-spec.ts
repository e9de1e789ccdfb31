import { expectStatus, type Answer } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { server, type TestServer } from '../../../../test/support/server';
import { openShop, type Shop } from '../../../../test/support/shop';
import { fromMetres } from '../domain/geodesy';

const HOME = { lat: 48.2, lng: 16.37 };
const MB = 1_000_000;
interface Keyed {
  id: string;
  key: string;
}
interface RawPoint {
  fixTime: string;
  deviceTime: string | null;
  receivedAt: string;
  attributes: Record<string, unknown>;
}

describe('what devices send over HTTP', () => {
  let one: TestServer;
  let shop: Shop;
  beforeAll(async () => {
    one = await server();
    shop = await openShop(one.url, 'Devices');
  }, 120_000);

  const enter = async (): Promise<Keyed> =>
    expectStatus(await shop.asOwner.post<Keyed>('/trackers', { name: 'Van 7' }), 201);
  const raw = async ({ id }: Keyed): Promise<RawPoint[]> =>
    expectStatus(await shop.asOwner.get<{ points: RawPoint[] }>(`/location/history?trackerId=${id}&view=raw`), 200)
      .points;
  const tell = ({ key }: Keyed, body: string): Promise<Answer> =>
    shop.asGuest.post('/location/positions', body, {
      headers: { 'x-tracker-key': key, 'content-type': 'application/json' },
    });

  it('takes a megabyte of positions with three bad ones: those are named, the rest is kept, also when it is sent again', async () => {
    const tracker = await enter();
    const start = Date.now() - 20_000_000;
    const texts: string[] = [];
    let bytes = 0;
    while (bytes < MB) {
      const k = texts.length;
      const { lat, lng } = fromMetres(HOME, { x: k % 500, y: 0 });
      texts.push(
        JSON.stringify({
          fixTime: start + k * 2_000,
          lat: Number(lat.toFixed(6)),
          lng: Number(lng.toFixed(6)),
          speed: 13.9,
          course: 270,
          accuracy: 5,
        }),
      );
      bytes += texts[k].length + 1;
    }
    const n = texts.length;
    expect(n).toBeGreaterThan(8_000);
    texts[7] = '{"fixTime":"yesterday","lat":48.2,"lng":16.37}';
    texts[4_321] = '{"fixTime":1772366400,"lat":148.2,"lng":16.37}';
    texts[n - 1] = 'null';
    const body = `{"positions":[${texts.join(',')}]}`;
    const rejected = [
      { index: 7, reason: 'time-invalid' },
      { index: 4_321, reason: 'coordinates-invalid' },
      { index: n - 1, reason: 'not-an-object' },
    ];
    expect(expectStatus(await tell(tracker, body), 200)).toEqual({ accepted: n - 3, duplicates: 0, rejected });
    expect(expectStatus(await tell(tracker, body), 200)).toEqual({ accepted: 0, duplicates: n - 3, rejected });
    const most = `{"positions":[${'0,'.repeat(12_000)}0]}`;
    expect((await tell(tracker, most)).status).toBe(400);
    const wide = `{"positions":["${'x'.repeat(2 * 1_048_576)}"]}`;
    const refused = await tell(tracker, wide);
    expect([refused.status, refused.body.code]).toEqual([413, 'request.too-large']);
    // No other route reads as much.
    expect((await shop.asOwner.post('/trackers', { name: 'x'.repeat(1_100_000) })).status).toBe(413);
  }, 60_000);

  it('shows of each position when it was measured, sent and received', async () => {
    const tracker = await enter();
    const before = Date.now();
    const [fixTime, deviceTime] = [before - 60_000, before - 58_500].map((ms) => new Date(ms).toISOString());
    const position = { fixTime, deviceTime, ...HOME };
    expectStatus(await tell(tracker, JSON.stringify({ positions: [position] })), 200);
    const seconds = Math.floor(before / 1_000);
    const address = `/location/osmand?id=${tracker.key}&lat=48.2&lon=16.37&timestamp=${seconds - 30}&deviceTime=${seconds - 20}&mock=true&rpm=900`;
    expectStatus(await shop.asGuest.get(address), 200);
    const points = await raw(tracker);
    expect(points.map((point) => [point.fixTime, point.deviceTime])).toEqual([
      [fixTime, deviceTime],
      [seconds - 30, seconds - 20].map((at) => new Date(at * 1_000).toISOString()),
    ]);
    expect(points[1].attributes).toEqual({ mock: true, rpm: 900 });
    for (const { receivedAt } of points) expect(Date.parse(receivedAt)).toBeGreaterThanOrEqual(before - 1_000);
    const filtered = expectStatus(
      await shop.asOwner.get<{ points: object[] }>(`/location/history?trackerId=${tracker.id}`),
      200,
    ).points;
    expect(Object.keys(filtered[0])).not.toContain('receivedAt');
    const csv = await shop.asOwner.get(`/location/history/export?trackerId=${tracker.id}&format=csv&view=raw`);
    const [head, first] = csv.text.split('\r\n').map((line) => line.split(','));
    expect(first[head.indexOf('deviceTime')]).toBe(deviceTime);
    expect(first[head.indexOf('receivedAt')]).toBe(points[0].receivedAt);
  });

  it('takes what phone trackers send in an address, a form and as JSON, and refuses none for what it does not know', async () => {
    const tracker = await enter();
    const seconds = Math.floor(Date.now() / 1_000) - 100;
    const send = (headers: Record<string, string>, body: string, query = '') =>
      shop.asGuest.post(`/location/osmand${query}`, body, { headers });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const kept = { accepted: 1, duplicates: 0, rejected: [] };
    const fields = (at: number) => `deviceid=${tracker.key}&location=48.2,16.37&timestamp=${at}&cell=262,7,1,2&io-7=x`;
    expect(expectStatus(await send(form, fields(seconds)), 200)).toEqual(kept);
    expect(expectStatus(await send(form, '', `?${fields(seconds + 1)}`), 200)).toEqual(kept);
    const location = {
      timestamp: new Date((seconds + 2) * 1_000).toISOString(),
      coords: { latitude: 48.2, longitude: 16.37, speed: 5, heading: 90, accuracy: 6 },
      battery: { level: 0.5, is_charging: false },
      extras: {},
    };
    const json = { 'content-type': 'application/json' };
    expect(expectStatus(await send(json, JSON.stringify({ device_id: tracker.key, location })), 200)).toEqual(kept);
    expect((await raw(tracker)).map(({ attributes }) => attributes)).toEqual([
      { cell: '262,7,1,2', 'io-7': 'x' },
      { cell: '262,7,1,2', 'io-7': 'x' },
      { battery: 50, charging: false },
    ]);
    const nobody = await send(json, JSON.stringify({ location }));
    expect([nobody.status, nobody.body.code]).toEqual([401, 'location.tracker-key-required']);
    const unknown = await send(json, JSON.stringify({ device_id: `trk_${'x'.repeat(24)}`, location }));
    expect([unknown.status, unknown.body.code]).toEqual([401, 'location.tracker-key-unknown']);
    expect(unknown.text).not.toContain('xxxx');
  });

  it('plans a tour of 1,001 stops, as pr1002 has, and of no more than 1,200', async () => {
    const ask = (stops: number) =>
      shop.asOwner.post<{ jobId: string }>('/routes/optimize', {
        vehicles: [{ id: 'v', start: { x: 0, y: 0 } }],
        stops: Array.from({ length: stops }, (_, k) => ({ id: `s${k}`, x: (k * 37) % 1_009, y: (k * 101) % 1_013 })),
        options: { iterations: 20, seed: 7, metric: 'euclidean' },
      });
    const { jobId } = expectStatus(await ask(1_001), 202);
    interface Job {
      state: string;
      solution: { routes: { stops: unknown[] }[]; unassigned: unknown[] } | null;
    }
    const read = async () => expectStatus(await shop.asOwner.get<Job>(`/routes/jobs/${jobId}`), 200);
    await eventually(async () => (await read()).state === 'completed', { timeoutMs: 120_000 });
    const { solution } = await read();
    expect([solution!.routes.length, solution!.unassigned]).toEqual([1, []]);
    expect(solution!.routes[0].stops).toHaveLength(1_001);
    expect((await ask(1_201)).status).toBe(400);
  }, 150_000);
});
