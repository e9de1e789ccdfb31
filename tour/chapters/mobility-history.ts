import {
  createTracker,
  exportHeatMap,
  exportLocationHistory,
  getHeatMap,
  getLocationHistory,
  getSpeedProfile,
  importTrack,
  listTrackerAnalytics,
  unwrap,
} from '../../sdk/src';
import { same, type Guide } from '../guide';
import type { Haulier } from './mobility-tracking';

/** What the vans did, by numbers and on a map, and a track that comes from a logger. */
export async function mobilityHistory(guide: Guide, { client, trackers }: Haulier): Promise<void> {
  const [van] = trackers;
  await guide.step(
    'a logger’s GPX file is imported once, and makes the trips of the van that it was copied from',
    async () => {
      const { id: trackerId } = unwrap(await createTracker({ client, body: { name: 'Logger' } }));
      const { data: file } = await exportLocationHistory({
        client,
        query: { trackerId: van.id, format: 'gpx' },
        parseAs: 'text',
      });
      const first = unwrap(await importTrack({ client, query: { trackerId }, body: String(file) }));
      same('refused', first.faults, []);
      const again = unwrap(await importTrack({ client, query: { trackerId }, body: String(file) }));
      same('again', [again.accepted, again.duplicates], [0, first.accepted]);
      const [one, other] = await Promise.all(
        [van.id, trackerId].map(async (id) => unwrap(await getLocationHistory({ client, query: { trackerId: id } }))),
      );
      same('trips', other.trips.length, one.trips.length);
      return `${first.accepted} points`;
    },
  );
  await guide.step('what the van did by day sums up to its track, and so do the bands of its speed', async () => {
    const query = { trackerId: [van.id], groupBy: 'day' as const, timeZone: 'Europe/Lisbon' };
    const [{ total, periods }] = unwrap(await listTrackerAnalytics({ client, query })).data;
    const { distance } = unwrap(await getLocationHistory({ client, query: { trackerId: van.id } }));
    const sum = periods.reduce((all, day) => all + day.distance, 0);
    same('metres', [Math.round(sum), Math.round(total.distance)], [Math.round(distance), Math.round(distance)]);
    const { bands } = unwrap(await getSpeedProfile({ client, query: { trackerId: van.id } }));
    same('share', Math.round(bands.reduce((all, { share }) => all + share, 0) * 1000), 1000);
    return `${total.trips} trips, ${Math.round(total.idleSeconds)} s of idling`;
  });
  await guide.step(
    'where all were, by cells of H3, also as GeoJSON; and on roads, or flagged where none are loaded',
    async () => {
      const query = { resolution: 9, trackerId: trackers.map(({ id }) => id) };
      const { cells, fixes, trackers: seen } = unwrap(await getHeatMap({ client, query }));
      same('trackers', seen, trackers.length);
      same(
        'fixes',
        cells.reduce((all, cell) => all + cell.fixes, 0),
        fixes,
      );
      const { data: file } = await exportHeatMap({ client, query, parseAs: 'text' });
      same('polygons', (JSON.parse(String(file)) as { features: unknown[] }).features.length, cells.length);
      const matched = unwrap(await getLocationHistory({ client, query: { trackerId: van.id, view: 'matched' } }));
      same('points', matched.roads!.matched + matched.roads!.unmatched, matched.points.length);
      return `${cells.length} cells, ${matched.roads!.matched} of ${matched.points.length} positions on roads`;
    },
  );
}
