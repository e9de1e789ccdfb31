import { readFileSync } from 'node:fs';
import { expectStatus, type Answer } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { connect } from '../../../../test/support/realtime';
import { server, type TestServer } from '../../../../test/support/server';
import { mailTo, openShop, signUp, type Shop } from '../../../../test/support/shop';
import { newId } from '../../../kernel/ids/ids';
import { fromMetres } from '../domain/geodesy';

const HOME = { lat: 48.2, lng: 16.37 };
interface Keyed {
  id: string;
  key: string;
}

describe('trackers over HTTP and sockets', () => {
  let one: TestServer;
  let shop: Shop;
  let other: Shop;
  beforeAll(async () => {
    one = await server();
    [shop, other] = await Promise.all([openShop(one.url, 'Tracks'), openShop(one.url, 'Elsewhere')]);
  }, 120_000);

  const enter = async (of = shop): Promise<Keyed> =>
    expectStatus(await of.asOwner.post<Keyed>('/trackers', { name: 'Van 7' }), 201);
  const at = (secondsAgo: number, x: number) => ({
    fixTime: new Date(Date.now() - secondsAgo * 1000).toISOString(),
    ...fromMetres(HOME, { x, y: 0 }),
    accuracy: 5,
  });
  const tell = ({ key }: Keyed, positions: unknown[]): Promise<Answer> =>
    shop.asGuest.post('/location/positions', { positions }, { headers: { 'x-tracker-key': key } });
  const codeOf = async (answer: Promise<Answer>): Promise<unknown> => (await answer).body.code;

  it('take positions of whoever proves to be a tracker, in a batch or in an address, and log no key', async () => {
    const tracker = await enter();
    const told = expectStatus(await tell(tracker, [at(30, 0), { ...at(20, 0), lat: 'NaN' }, at(10, 5)]), 200);
    expect(told).toEqual({ accepted: 2, duplicates: 0, rejected: [{ index: 1, reason: 'coordinates-invalid' }] });
    const seconds = Math.floor(Date.now() / 1000);
    const query = (timestamp: number) =>
      `?id=${tracker.key}&lat=48.2&lon=16.37&timestamp=${timestamp}&speed=27&bearing=270&batt=83&charge=true`;
    for (const method of ['GET', 'POST'])
      expect(expectStatus(await shop.asGuest.call(method, `/location/osmand${query(seconds)}`), 200)).toMatchObject({
        accepted: method === 'GET' ? 1 : 0,
        duplicates: method === 'GET' ? 0 : 1,
      });
    const { data } = expectStatus(
      await shop.asOwner.get<{ data: object[] }>(`/location/latest?trackerId=${tracker.id}`),
      200,
    );
    expect(data).toEqual([
      expect.objectContaining({ speed: (27 * 1852) / 3600, course: 270, attributes: { battery: 83, charging: true } }),
    ]);
    const refused = await shop.asGuest.get(
      `/location/osmand${query(seconds).replace(tracker.key, `trk_${'x'.repeat(24)}`)}`,
    );
    expect([refused.status, refused.body.code]).toEqual([401, 'location.tracker-key-unknown']);
    expect(refused.headers.get('ratelimit-policy')).toContain('"ingest"');
    expect(await codeOf(shop.asGuest.post('/location/positions', { positions: [] }))).toBe(
      'location.tracker-key-required',
    );
    const { accessToken } = await signUp(shop.asGuest, { email: `p-${newId().slice(-12)}@example.com`, name: 'Pat' });
    const customer = shop.asGuest.as({ token: accessToken });
    expect(await codeOf(customer.post('/location/positions', { positions: [] }))).toBe('auth.permission-missing');
    const log = readFileSync(one.log, 'utf8');
    expect(log).not.toContain(tracker.key);
    expect(refused.text).not.toContain('xxxx');
  });

  it('are followed live, and whoever follows a fence hears what happens there, in the inbox and by mail', async () => {
    const tracker = await enter();
    const foreign = await enter(other);
    const shape = { type: 'circle', center: [HOME.lng, HOME.lat], radius: 100 };
    const fence = expectStatus(
      await shop.asOwner.post<{ id: string }>('/geofences', { name: 'Depot North', shape, dwellSeconds: 60 }),
      201,
    );
    const follow = `/geofences/${fence.id}/follow`;
    expect(expectStatus(await shop.asOwner.get(follow), 200)).toEqual({ types: [] });
    expect(expectStatus(await shop.asOwner.call('PUT', follow, { types: ['enter', 'dwell'] }), 200)).toEqual({
      types: ['enter', 'dwell'],
    });
    const socket = await connect(`${one.url}/tracking`, shop.owner.accessToken);
    const heard: { event: string; payload: { type?: string; trackerId: string } }[] = [];
    socket.onAny((event: string, payload: { trackerId: string }) => heard.push({ event, payload }));
    try {
      const ask = (trackerIds: string[]) =>
        socket.timeout(10_000).emitWithAck('subscribe', { trackerIds }) as Promise<{ error?: { code: string } }>;
      expect((await ask([tracker.id, foreign.id])).error?.code).toBe('location.tracker-not-found');
      expect((await ask([tracker.id])).error).toBeUndefined();
      const way = [at(200, -900), at(150, -300), at(140, 0), at(120, 5), at(60, 0), at(40, 800), at(20, 900)];
      expect(expectStatus(await tell(tracker, way), 200)).toMatchObject({ accepted: 7 });
      await eventually(() => heard.length === 4);
      const of = (event: string) => heard.filter((it) => it.event === event).map(({ payload }) => payload);
      expect(of('geofence').map(({ type }) => type)).toEqual(['enter', 'dwell', 'exit']);
      expect(of('position')).toEqual([expect.objectContaining({ trackerId: tracker.id, fixTime: way[6].fixTime })]);
    } finally {
      socket.disconnect();
    }
    const titles = async () =>
      expectStatus(await shop.asOwner.get<{ data: { title: string }[] }>('/notifications'), 200)
        .data.map(({ title }) => title)
        .sort();
    await eventually(async () => (await titles()).length === 2);
    expect(await titles()).toEqual(['Van 7 entered Depot North', 'Van 7 has stayed at Depot North for 1 minute']);
    const letter = await mailTo(shop.asOwner, shop.owner.user.email, /entered Depot North/);
    expect(letter.text).toContain('because you follow Depot North');
    for (let i = 0; i < 2; i++) expectStatus(await shop.asOwner.call('DELETE', follow), 204);
    expect(await codeOf(other.asOwner.call('PUT', follow, {}))).toBe('location.geofence-not-found');
  });

  it('tell positions over a socket with their key, acknowledged once they are there', async () => {
    const tracker = await enter();
    const foreign = await enter(other);
    type Told = { accepted?: number; duplicates?: number; rejected?: object[]; error?: { code: string } };
    const device = await connect(`${one.url}/tracking`, undefined, { auth: { key: tracker.key } });
    const people = await connect(`${one.url}/tracking`, shop.owner.accessToken);
    try {
      const send = (socket: typeof device, positions: unknown) =>
        socket.timeout(10_000).emitWithAck('positions.send', { positions }) as Promise<Told>;
      const positions = [at(30, 0), { ...at(20, 0), lat: 91 }, { ...at(10, 0), trackerId: foreign.id }];
      expect(await send(device, positions)).toEqual({
        accepted: 1,
        duplicates: 0,
        rejected: [
          { index: 1, reason: 'coordinates-invalid' },
          { index: 2, reason: 'tracker-unknown' },
        ],
      });
      expect(await send(device, positions)).toMatchObject({ accepted: 0, duplicates: 1 });
      const { data } = expectStatus(
        await shop.asOwner.get<{ data: { fixTime: string }[] }>(`/location/latest?trackerId=${tracker.id}`),
        200,
      );
      expect(data.map(({ fixTime }) => fixTime)).toEqual([positions[0].fixTime]);
      expect((await send(device, 'all')).error?.code).toBe('request.invalid');
      expect(await send(people, [{ ...at(5, 0), trackerId: tracker.id }])).toMatchObject({ accepted: 1 });
      expect(await send(people, [{ ...at(4, 0), trackerId: foreign.id }])).toMatchObject({ accepted: 0 });
      // A device may tell, and nothing else; it hears nothing of its organization.
      const follow = (await device.timeout(10_000).emitWithAck('subscribe', { trackerIds: [tracker.id] })) as Told;
      expect(follow.error?.code).toBe('auth.permission-missing');
      const refused = (path: string, auth: object) =>
        expect(connect(one.url + path, undefined, { auth })).rejects.toMatchObject({ data: { status: 401 } });
      await refused('/tracking', { key: `trk_${'x'.repeat(24)}` });
      await refused('/tracking', { key: 7 });
      await refused('/', { key: tracker.key });
      expectStatus(await shop.asOwner.post(`/trackers/${tracker.id}/key`), 200);
      expect((await send(device, [at(3, 0)])).error?.code).toBe('location.tracker-key-unknown');
    } finally {
      device.disconnect();
      people.disconnect();
    }
  });

  it('are shown on a map for development, which asks for nothing that this server does not have', async () => {
    const page = await fetch(`${one.url}/dev/map`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const asked = [...(await page.text()).matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, address]) => address);
    expect(asked.length).toBeGreaterThan(1);
    for (const address of asked) {
      const { status, headers } = await fetch(new URL(address, `${one.url}/dev/map`));
      expect([address, status, headers.get('content-type')]).toEqual([address, 200, 'text/javascript; charset=utf-8']);
    }
  });

  it('are watched by a schedule that is told, changed, taken away, and refused by name', async () => {
    const shape = { type: 'circle', center: [HOME.lng, HOME.lat], radius: 100 };
    const schedule = { timeZone: 'Europe/Vienna', week: [{ day: 'mo', from: '20:00', to: '06:00' }] };
    const draw = (body: object) => shop.asOwner.post<{ id: string }>('/geofences', { name: 'Night', shape, ...body });
    const drawn = expectStatus(await draw({ schedule }), 201);
    expect(drawn).toMatchObject({ schedule, version: 1 });
    const patch = (body: object) => shop.asOwner.call('PATCH', `/geofences/${drawn.id}`, body);
    const day = { ...schedule, week: [{ day: 'tu', from: '08:00', to: '24:00' }] };
    expect(expectStatus(await patch({ schedule: day }), 200)).toMatchObject({ schedule: day });
    expect(expectStatus(await patch({ name: 'Day' }), 200)).toMatchObject({ schedule: day });
    expect(expectStatus(await patch({ schedule: null }), 200)).toMatchObject({ schedule: null });
    const bad = [
      [],
      'mo',
      { timeZone: 'Europe/Vienna' },
      { ...schedule, timeZone: 7 },
      { ...schedule, timeZone: 'Mars/Olympus' },
      { ...schedule, week: [] },
      { ...schedule, week: [null] },
      { ...schedule, week: [{ day: 'monday', from: '08:00', to: '09:00' }] },
      { ...schedule, week: [{ day: 'mo', from: '8', to: '09:00' }] },
      { ...schedule, week: [{ day: 'mo', from: '24:00', to: '09:00' }] },
    ];
    for (const asked of bad)
      for (const answer of [await draw({ schedule: asked }), await patch({ schedule: asked })])
        expect([asked, answer.status, JSON.stringify(answer.body)]).toEqual([
          asked,
          400,
          expect.stringContaining('/schedule'),
        ]);
    expect(expectStatus(await shop.asOwner.get<object>(`/geofences/${drawn.id}`), 200)).toMatchObject({ version: 4 });
  });

  it('tell late what happened long ago without an alarm', async () => {
    const tracker = await enter();
    const shape = { type: 'circle', center: [HOME.lng, HOME.lat], radius: 100 };
    const fence = expectStatus(await shop.asOwner.post<{ id: string }>('/geofences', { name: 'Yard', shape }), 201);
    expectStatus(await shop.asOwner.call('PUT', `/geofences/${fence.id}/follow`, {}), 200);
    await tell(tracker, [at(9_000, -900), at(8_900, 0), at(8_880, 0), at(8_000, 900), at(7_980, 950)]);
    const events = async (query: string) =>
      expectStatus(
        await shop.asOwner.get<{ data: { type: string }[] }>(`/geofences/events?trackerId=${tracker.id}${query}`),
        200,
      ).data.map(({ type }) => type);
    expect(await events(`&geofenceId=${fence.id}&sort=at`)).toEqual(['enter', 'exit']);
    const { data } = expectStatus(await shop.asOwner.get<{ data: { title: string }[] }>('/notifications'), 200);
    expect(data.filter(({ title }) => title.includes('Yard'))).toEqual([]);
  });
});
