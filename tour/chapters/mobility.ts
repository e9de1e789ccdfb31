import type { Guide } from '../guide';
import { mobilityTracking } from './mobility-tracking';

/** A haulier's day: vans on the map and at fences. Parts that follow are given the haulier with her vans. */
export async function mobility(guide: Guide, url: string): Promise<void> {
  guide.chapter('Mobility: vans on the map');
  await mobilityTracking(guide, url);
}
