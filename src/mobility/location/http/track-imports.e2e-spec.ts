import { expectStatus } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { server, type TestServer } from '../../../../test/support/server';
import { openShop, type Shop } from '../../../../test/support/shop';

interface Imported {
  points: number;
  accepted: number;
  duplicates: number;
  refused: number;
  faults: { index: number; line: number; code: string }[];
}

describe('tracks from GPX', () => {
  let one: TestServer;
  let shop: Shop;
  let other: Shop;
  const start = Math.floor(Date.now() / 1000) * 1000 - 6 * 3_600_000;
  beforeAll(async () => {
    one = await server();
    [shop, other] = await Promise.all([openShop(one.url, 'Tracks'), openShop(one.url, 'Elsewhere')]);
  }, 120_000);

  const tracker = async (of = shop): Promise<string> =>
    expectStatus(await of.asOwner.post<{ id: string }>('/trackers', { name: 'Logger' }), 201).id;
  const send = async (trackerId: string, gpx: string | Buffer | FormData, type = 'application/gpx+xml') => {
    const headers: Record<string, string> = { authorization: `Bearer ${shop.owner.accessToken}` };
    if (!(gpx instanceof FormData)) headers['content-type'] = type;
    const answer = await fetch(`${one.url}/api/v1/location/imports?trackerId=${trackerId}`, {
      ...{ method: 'POST', headers, body: gpx as BodyInit },
    });
    return { status: answer.status, body: (await answer.json()) as Imported & { code: string; detail: string } };
  };
  const time = (seconds: number): string => new Date(start + seconds * 1000).toISOString();
  const point = (seconds: number, more = ''): string =>
    `<trkpt lat="48.2" lon="${(16.37 + seconds / 50_000).toFixed(6)}"><time>${time(seconds)}</time>${more}</trkpt>`;
  const file = (...points: string[]): string =>
    ['<?xml version="1.0"?>', '<gpx version="1.1">', '<trk><trkseg>', ...points, '</trkseg></trk></gpx>'].join('\n');

  it('are kept as if the device had told them late, once, with what they say of speed and height', async () => {
    const id = await tracker();
    const extension =
      '<ele>171.5</ele><extensions><gpxtpx:TrackPointExtension><gpxtpx:speed>13.5</gpxtpx:speed><gpxtpx:course>91</gpxtpx:course></gpxtpx:TrackPointExtension></extensions>';
    const gpx = `<gpx version="1.1" xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">
      <wpt lat="1" lon="1"><time>${time(0)}</time></wpt>
      <trk><name>A &amp; B</name><trkseg>${point(600)}${point(610, extension)}</trkseg><trkseg>${point(0)}</trkseg></trk>
      <rte><rtept lat="2" lon="2"/></rte></gpx>`;
    const { status, body } = await send(id, gpx);
    expect([status, body]).toEqual([
      200,
      { trackerId: id, points: 3, accepted: 3, duplicates: 0, refused: 0, faults: [] },
    ]);
    const form = new FormData();
    form.append('file', new Blob([gpx]), 'track.gpx');
    expect((await send(id, form)).body).toMatchObject({ points: 3, accepted: 0, duplicates: 3, refused: 0 });
    const { points } = expectStatus(
      await shop.asOwner.get<{ points: object[] }>(`/location/history?trackerId=${id}`),
      200,
    );
    expect(points).toHaveLength(3);
    expect(points[2]).toMatchObject({ fixTime: time(610), altitude: 171.5, speed: 13.5, course: 91 });
    // What is exported is what can be imported.
    const exported = await shop.asOwner.call('GET', `/location/history/export?trackerId=${id}&format=gpx`);
    expect((await send(await tracker(), exported.text)).body).toMatchObject({ points: 3, accepted: 3 });
  });

  it('of more than a megabyte are taken but for the points that are bad, which are named by line', async () => {
    const id = await tracker();
    const points = Array.from({ length: 15_000 }, (_, k) => point(k));
    points[4] = '<trkpt lat="48.2" lon="16.37"/>';
    points[7_000] = `<trkpt lat="98.2" lon="16.37"><time>${time(7_000)}</time></trkpt>`;
    points[14_999] = '<trkpt lat="48.2" lon="16.37"><time>2006-03-01T00:00:00Z</time></trkpt>';
    const gpx = file(...points);
    expect(gpx.length).toBeGreaterThan(1_000_000);
    const faults = [
      { index: 4, line: 8, code: 'time-missing' },
      { index: 7_000, line: 7_004, code: 'coordinates-invalid' },
      { index: 14_999, line: 15_003, code: 'time-too-old' },
    ];
    const told = { trackerId: id, points: 15_000, refused: 3, faults };
    expect((await send(id, gpx)).body).toEqual({ ...told, accepted: 14_997, duplicates: 0 });
    expect((await send(id, gpx)).body).toEqual({ ...told, accepted: 0, duplicates: 14_997 });
  }, 120_000);

  it('say what is not known by less than nothing, and a time that cannot be read by its line; the trail names the file', async () => {
    const id = await tracker();
    const unsure = `<trkpt lat="48.2" lon="16.37"><time>${time(0)}</time><speed>-1</speed><course>-1</course></trkpt>`;
    const gpx = file(unsure, '<trkpt lat="48.2" lon="16.37"><time>yesterday</time></trkpt>', point(10));
    expect((await send(id, gpx)).body).toMatchObject({ accepted: 2, faults: [{ index: 1, code: 'time-invalid' }] });
    await eventually(async () => {
      const { body } = await shop.asOwner.get<{ data: { action: string; target: object }[] }>('/audit-logs?limit=100');
      return body.data.some(({ action, target }) => /Import/.test(action) && JSON.stringify(target).includes(id));
    });
  });

  it('that come late lead to the same as if they had come in order', async () => {
    const [inOrder, late] = [await tracker(), await tracker()];
    const track = Array.from({ length: 200 }, (_, k) => point(k * 10));
    await send(inOrder, file(...track));
    await send(late, file(...track.slice(150)));
    await send(late, file(...track.slice(0, 150)));
    const journey = async (id: string) => {
      const found = await shop.asOwner.get<{ trips: object[]; distance: number; points: { receivedAt: string }[] }>(
        `/location/history?trackerId=${id}&view=raw`,
      );
      const { trips, distance, points } = expectStatus(found, 200);
      // They came at different times.
      return { trips, distance, points: points.map((each) => ({ ...each, receivedAt: null })) };
    };
    const expected = await journey(inOrder);
    expect(expected.points).toHaveLength(200);
    await eventually(async () => JSON.stringify(await journey(late)) === JSON.stringify(expected));
  });

  it.each([
    ['nothing', '', 'not-gpx'],
    ['something else', '<kml><trkpt/></kml>', 'not-gpx'],
    ['a file that is cut off', '<gpx>\n<trk><trkseg><trkpt lat="1" lon="2">', 'malformed'],
    ['no XML', 'lat,lng\n1,2', 'malformed'],
    ['a character that is cut off', Buffer.from([...Buffer.from('<gpx></gpx>'), 0xc3]), 'malformed'],
    ['an entity that nobody declared', '<gpx><trk>&lol;</trk></gpx>', 'malformed'],
    [
      'a billion laughs',
      '<!DOCTYPE gpx [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><gpx><trk><name>&b;</name></trk></gpx>',
      'document-type',
    ],
  ])('are refused where they are %s', async (_what, gpx, fault) => {
    const { status, body } = await send(await tracker(), gpx);
    expect([status, body.code]).toEqual([400, 'location.gpx-invalid']);
    expect(body).toMatchObject({ errors: [{ code: fault }] });
  });

  it('are of a tracker that one has, and that is active', async () => {
    const gpx = file(point(0));
    expect((await send(await tracker(other), gpx)).body.code).toBe('location.tracker-not-found');
    const id = await tracker();
    expectStatus(await shop.asOwner.call('PATCH', `/trackers/${id}`, { active: false }), 200);
    expect(await send(id, gpx)).toMatchObject({ status: 409, body: { code: 'location.tracker-inactive' } });
    expect((await send(id, gpx, 'text/html')).status).toBe(415);
  });
});
