import { Client } from 'pg';
import { expectStatus } from '../../../../test/support/client';
import { server, startServer } from '../../../../test/support/server';
import { openShop } from '../../../../test/support/shop';
import { positionId } from '../domain/fix';
import { fromMetres } from '../domain/geodesy';

const HOME = { lat: 48.2, lng: 16.37 };
const BATCH = 40;
const BATCHES = 30;

interface Keyed {
  id: string;
  key: string;
}
interface Receipt {
  accepted: number;
  duplicates: number;
}

describe('a server that is killed while it takes positions', () => {
  it('has every position that it answered, and all come to the same once the rest is sent again elsewhere', async () => {
    const stays = await server();
    const dies = await startServer({ database: stays.database, env: { MAINSTAY_ROLES: 'api' }, name: 'ingest-dies' });
    const sql = new Client({ connectionString: stays.database.superuserUrl });
    await sql.connect();
    try {
      const shop = await openShop(stays.url, 'Killed');
      const shape = { type: 'circle', center: [HOME.lng, HOME.lat], radius: 100 };
      expectStatus(await shop.asOwner.post('/geofences', { name: 'Depot', shape }), 201);
      const enter = async (): Promise<Keyed> =>
        expectStatus(await shop.asOwner.post<Keyed>('/trackers', { name: 'Van' }), 201);
      const [undisturbed, ...trackers] = await Promise.all([1, 2, 3, 4, 5].map(enter));
      const start = Math.floor(Date.now() / 1000) * 1000 - 7_200_000;
      // To and fro through the fence, one fix in five seconds.
      const way = Array.from({ length: BATCH * BATCHES }, (_, i) => {
        const along = (i % 120) * 20;
        return {
          fixTime: start + i * 5_000,
          ...fromMetres(HOME, { x: along <= 1_200 ? along - 600 : 1_800 - along, y: 0 }),
          accuracy: 5,
        };
      });
      const tell = (url: string, { key }: Keyed, batch: number) =>
        shop.asGuest.post<Receipt>(
          `${url}/api/v1/location/positions`,
          { positions: way.slice(batch * BATCH, (batch + 1) * BATCH) },
          { headers: { 'x-tracker-key': key } },
        );
      const answered: { tracker: Keyed; batch: number }[] = [];
      let failed = 0;
      const device = async (tracker: Keyed): Promise<void> => {
        for (let batch = 0; batch < BATCHES; batch++) {
          const answer = await tell(dies.url, tracker, batch).catch(() => undefined);
          if (answer?.status !== 200) return void (failed += 1);
          answered.push({ tracker, batch });
          if (answered.length === trackers.length * 8) process.kill(dies.pid, 'SIGKILL');
        }
      };
      await Promise.all(trackers.map(device));
      expect(failed).toBe(trackers.length);
      expect(answered.length).toBeGreaterThanOrEqual(trackers.length * 8);
      const there = async (): Promise<Set<string>> =>
        new Set(
          (
            await sql.query<{ id: string }>('select id from location.positions where tenant_id = $1', [shop.id])
          ).rows.map(({ id }) => id),
        );
      const idsOf = ({ id }: Keyed, batch: number) =>
        way.slice(batch * BATCH, (batch + 1) * BATCH).map(({ fixTime }) => positionId(id, fixTime));
      const kept = await there();
      expect(answered.flatMap(({ tracker, batch }) => idsOf(tracker, batch)).filter((id) => !kept.has(id))).toEqual([]);

      // Whoever was not answered sends again, and it does not matter from where on.
      for (const tracker of [...trackers, undisturbed]) {
        let sum = 0;
        for (let batch = 0; batch < BATCHES; batch++) {
          const { accepted, duplicates } = expectStatus(await tell(stays.url, tracker, batch), 200);
          sum += accepted + duplicates;
        }
        expect(sum).toBe(way.length);
      }
      expect((await there()).size).toBe(way.length * (trackers.length + 1));
      const { rows } = await sql.query<{ tracker_id: string; told: string }>(
        `select tracker_id, string_agg(type || at, ', ' order by at, type) as told from location.fence_events
         where tenant_id = $1 and superseded_at is null group by tracker_id`,
        [shop.id],
      );
      expect(rows).toHaveLength(trackers.length + 1);
      expect(new Set(rows.map(({ told }) => told)).size).toBe(1);
      expect(rows[0].told.match(/enter/g)!.length).toBeGreaterThanOrEqual(18);
    } finally {
      await sql.end();
      try {
        process.kill(dies.pid, 'SIGKILL');
      } catch {
        // It is gone, as it should be.
      }
    }
  }, 120_000);
});
