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
      const fixTime = new Date(Date.now() - (seconds -= 10) * 1000).toISOString();
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
      expect((await ask('unsubscribe', { fleetId: fleet.id })).error).toBeUndefined();
      expect(await tells(tracker)).toBe(false);
    } finally {
      socket.disconnect();
    }
  });
});
