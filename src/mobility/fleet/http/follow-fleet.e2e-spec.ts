import { expectStatus } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { connect } from '../../../../test/support/realtime';
import { server, type TestServer } from '../../../../test/support/server';
import { openShop, type Shop } from '../../../../test/support/shop';
import { newId } from '../../../kernel/ids/ids';

interface Made {
  id: string;
}
type Answered = { error?: { code: string } };

describe('a fleet that is followed', () => {
  let one: TestServer;
  let shop: Shop;
  let other: Shop;
  beforeAll(async () => {
    one = await server();
    [shop, other] = await Promise.all([openShop(one.url, 'Fleet live'), openShop(one.url, 'Elsewhere')]);
  }, 120_000);

  it('is heard of by what lies in its vehicles, as vehicles and trackers come and go', async () => {
    const make = async <T extends Made>(path: string, body: object, of = shop): Promise<T> =>
      expectStatus(await of.asOwner.post<T>(path, body), 201);
    const fleet = await make('/fleets', { name: 'North' });
    const foreign = await make('/fleets', { name: 'North' }, other);
    const van = await make('/fleet-vehicles', { name: 'Van', class: 'van', fleetId: fleet.id });
    const tracker = await make<Made & { key: string }>('/trackers', { name: 'Box' });
    const stranger = await make<Made & { key: string }>('/trackers', { name: 'In no fleet' });
    const socket = await connect(`${one.url}/tracking`, shop.owner.accessToken);
    const heard: string[] = [];
    socket.on('position', ({ trackerId, fixTime }: { trackerId: string; fixTime: string }) =>
      heard.push(`${trackerId} ${fixTime}`),
    );
    const ask = (event: string, body: object) => socket.timeout(10_000).emitWithAck(event, body) as Promise<Answered>;
    let seconds = 600;
    /** The tracker tells, then the stranger does, who is followed by name: what was to come has come by then. */
    const tells = async ({ id, key }: Made & { key: string }): Promise<boolean> => {
      const fixTime = new Date(Date.now() - (seconds -= 1) * 1000).toISOString();
      for (const shown of [key, stranger.key])
        expectStatus(
          await shop.asGuest.post(
            '/location/positions',
            { positions: [{ fixTime, lat: 48.2, lng: 16.37 }] },
            { headers: { 'x-tracker-key': shown } },
          ),
          200,
        );
      await eventually(() => heard.includes(`${stranger.id} ${fixTime}`));
      return heard.includes(`${id} ${fixTime}`);
    };
    try {
      for (const fleetId of [foreign.id, newId()])
        expect((await ask('subscribe', { fleetId })).error?.code).toBe('location.fleet-not-found');
      expect((await ask('subscribe', {})).error?.code).toBe('location.nothing-named');
      expect((await ask('subscribe', { fleetId: fleet.id, trackerIds: [stranger.id] })).error).toBeUndefined();
      expect(await tells(tracker)).toBe(false);
      const assigned = await make(`/fleet-vehicles/${van.id}/assignments`, { kind: 'device', subjectId: tracker.id });
      expect(await tells(tracker)).toBe(true);
      const belongs = async (fleetId: string | null): Promise<void> =>
        void expectStatus(await shop.asOwner.call('PATCH', `/fleet-vehicles/${van.id}`, { fleetId }), 200);
      await belongs(null);
      expect(await tells(tracker)).toBe(false);
      await belongs(fleet.id);
      expect(await tells(tracker)).toBe(true);
      expectStatus(
        await shop.asOwner.call('PATCH', `/fleet-vehicles/${van.id}/assignments/${assigned.id}`, {
          until: new Date().toISOString(),
        }),
        200,
      );
      await eventually(async () => !(await tells(tracker)));
      await make(`/fleet-vehicles/${van.id}/assignments`, { kind: 'device', subjectId: tracker.id });
      expect(await tells(tracker)).toBe(true);
      // One that is entered with the vehicle is heard of at once, takes the other's place, and its trips are the vehicle's.
      const entered = await make<Made & { key: string }>('/trackers', { name: 'Box 2', vehicleId: van.id });
      expect(await tells(entered)).toBe(true);
      await eventually(async () => !(await tells(tracker)));
      const assignments = await shop.asOwner.get<{ data: { subjectId: string; from: string; until: string | null }[] }>(
        `/fleet-vehicles/${van.id}/assignments?kind=device`,
      );
      expect(expectStatus(assignments, 200).data.filter(({ until }) => until === null)).toMatchObject([
        { subjectId: entered.id },
      ]);
      expect((await shop.asOwner.post('/trackers', { name: 'Box 3', vehicleId: newId() })).status).toBe(404);
      expect((await other.asOwner.post('/trackers', { name: 'Box 3', vehicleId: van.id })).status).toBe(404);
      expect((await ask('unsubscribe', { fleetId: fleet.id })).error).toBeUndefined();
      expect(await tells(entered)).toBe(false);
    } finally {
      socket.disconnect();
    }
  });

  it('has the trips of a tracker that was entered with its vehicle', async () => {
    const make = async (path: string, body: object): Promise<Made & { key: string }> =>
      expectStatus(await shop.asOwner.post<Made & { key: string }>(path, body), 201);
    const bus = await make('/fleet-vehicles', { name: 'Bus', class: 'bus' });
    const { id, key } = await make('/trackers', { name: 'Box', vehicleId: bus.id });
    const positions = Array.from({ length: 90 }, (_, i) => ({
      ...{ fixTime: new Date(Date.now() - 7_200_000 + i * 10_000).toISOString(), lng: 16.37, speed: i < 60 ? 20 : 0 },
      lat: 48.3 + Math.min(i, 60) * 0.0018,
    }));
    const headers = { 'x-tracker-key': key };
    expectStatus(await shop.asGuest.post('/location/positions', { positions }, { headers }), 200);
    const period = { from: new Date(Date.now() - 10_800_000).toISOString(), to: new Date().toISOString() };
    await eventually(async () => {
      const made = await shop.asOwner.post<{ trips: number }>('/trips/make', { vehicleId: bus.id, ...period });
      return expectStatus(made, 200).trips === 1;
    });
    const { data } = expectStatus(await shop.asOwner.get<{ data: object[] }>(`/trips?vehicleId=${bus.id}`), 200);
    expect(data).toMatchObject([{ vehicleId: bus.id, trackerId: id }]);
  });
});
