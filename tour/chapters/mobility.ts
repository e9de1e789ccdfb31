import type { Guide } from '../guide';
import { mobilityFleet } from './mobility-fleet';
import { mobilityHistory } from './mobility-history';
import { mobilityTracking } from './mobility-tracking';

/** A haulier's day: vans on the map and at fences, what they drove, deliveries, maintenance. */
export async function mobility(guide: Guide, url: string): Promise<void> {
  guide.chapter('Mobility: vans on the map, and their day');
  const haulier = await mobilityTracking(guide, url);
  await mobilityHistory(guide, haulier);
  await mobilityFleet(guide, url, haulier);
}
