import {
  createGeofence,
  createMainstay,
  createTracker,
  exportLocationHistory,
  followGeofence,
  getLocationHistory,
  listGeofenceEvents,
  listLatestPositions,
  listNotifications,
  recordPositions,
  unwrap,
  type Client,
} from '../../sdk/src';
import { as, mailTo, mark, signIn, signUp } from '../actors';
import { Ears } from '../ears';
import { same, until, type Guide } from '../guide';
import { DEPOT, round, STAND, type Told } from './mobility-drive';

/** The company of this chapter, for the parts that follow. */
export interface Haulier {
  client: Client;
  email: string;
  userId: string;
  token: string;
  /** Three vans' devices, in the order in which they drive. */
  trackers: { id: string; key: string; name: string }[];
  geofenceId: string;
}

const NAMES = ['Van Douro', 'Van Tejo', 'Van Minho'];

/** Three vans drive a recorded round by a depot; one is out of reach for a while. */
export async function mobilityTracking(guide: Guide, url: string): Promise<Haulier> {
  const email = `hanna-${mark}@example.com`;
  const haulier = await guide.step('a haulier enters three vans and draws a fence around her depot', async () => {
    await signUp(url, { email, name: 'Hanna Haulier', organizationName: `Haulage ${mark}` });
    const tokens = await signIn(url, email);
    const client = as(url, tokens);
    const trackers: Haulier['trackers'] = [];
    for (const name of NAMES) trackers.push(unwrap(await createTracker({ client, body: { name } })));
    const shape = { type: 'circle', center: DEPOT, radius: 150 };
    const drawn = await createGeofence({ client, body: { name: 'Depot', shape, dwellSeconds: 120 } });
    const { id: geofenceId } = unwrap(drawn);
    unwrap(await followGeofence({ client, path: { id: geofenceId }, body: { types: ['enter', 'dwell'] } }));
    return { client, email, userId: tokens.user.id, token: tokens.accessToken, trackers, geofenceId };
  });
  const { client, trackers, geofenceId } = haulier;
  const ears = await Ears.open(`${url}/tracking`, haulier.token);
  await ears.ask('subscribe', { trackerIds: trackers.map(({ id }) => id) });

  const device = createMainstay({ baseUrl: url });
  const tell = async (van: number, positions: Told[]) =>
    unwrap(
      await recordPositions({
        client: device,
        headers: { 'X-Tracker-Key': trackers[van].key },
        body: { positions: positions as never },
      }),
    );
  const now = Date.now();
  const rounds = trackers.map((_, van) => round(now, 20 * van));
  // What the third van measures around the depot, its device keeps to itself until it is in reach again.
  const [from, to] = [rounds[2].length - Math.round((STAND + 90 + 60) / 10), rounds[2].length - 5];
  const kept = rounds[2].splice(from, to - from);
  const happened = async (van: number) =>
    unwrap(
      await listGeofenceEvents({
        client,
        query: { trackerId: [trackers[van].id], geofenceId: [geofenceId], sort: 'at' },
      }),
    ).data;
  try {
    await guide.step('they drive; where they are is heard at once', async () => {
      for (let at = 0; at < Math.max(...rounds.map(({ length }) => length)); at += 12)
        await Promise.all(rounds.map((way, van) => tell(van, way.slice(at, at + 12))));
      for (const [van, { id }] of trackers.entries())
        await ears.hear('position', (it) => it.trackerId === id && it.fixTime === rounds[van].at(-1)!.fixTime);
      const { data } = unwrap(await listLatestPositions({ client }));
      same('vans', data.length, 3);
      return `${ears.count('position', () => true)} positions heard`;
    });
    await guide.step('two enter the depot and stay: the socket says so, and so do inbox and mailbox', async () => {
      for (const van of [0, 1])
        for (const type of ['enter', 'dwell', 'exit'])
          await ears.hear('geofence', (it) => it.trackerId === trackers[van].id && it.type === type);
      const titles = await until('Four notifications', async () => {
        const { data } = unwrap(await listNotifications({ client }));
        return data.length === 4 && data.map(({ title }) => title).sort();
      });
      same('first', titles[0], 'Van Douro entered Depot');
      const { subject } = await mailTo(url, email, /Van Tejo has stayed at Depot for 2 minutes/);
      return subject;
    });
  } finally {
    ears.close();
  }
  await guide.step('the third was out of reach: its positions come late, and its way is followed anew', async () => {
    same('before', (await happened(2)).length, 0);
    same('taken', await tell(2, kept), { accepted: kept.length, duplicates: 0, rejected: [] });
    const found = await until('The replay', async () => {
      const events = await happened(2);
      return events.length === 3 && events;
    });
    same(
      'events',
      found.map(({ type, late }) => [type, late]),
      [
        ['enter', true],
        ['dwell', true],
        ['exit', true],
      ],
    );
    same('again', await tell(2, kept), { accepted: 0, duplicates: kept.length, rejected: [] });
  });
  await guide.step('each has made the same two trips with a stop at the depot', async () => {
    const journeys = await Promise.all(
      trackers.map(async ({ id }) => unwrap(await getLocationHistory({ client, query: { trackerId: id } }))),
    );
    for (const { name, trips } of journeys) same(`trips of ${name}`, trips.length, 2);
    const [one, other, third] = journeys.map(({ distance }) => Math.round(distance / 10));
    same('distances', [other, third], [one, one]);
    const query = { trackerId: trackers[2].id, format: 'gpx' as const };
    const { data: file } = await exportLocationHistory({ client, query, parseAs: 'text' });
    if (!String(file).includes('<trkpt ')) throw new Error('The GPX file has no points.');
    return `${one / 100} km each`;
  });
  return haulier;
}
