import Flatbush from 'flatbush';
import { MOST_WATCHED, reachOf, type Fence, type Fences } from '../domain/fence';
import type { Place } from '../domain/geodesy';
import type { Box } from '../domain/region';

/** A fence with the number of positions that its shape is drawn with. */
export interface HeldFence extends Fence {
  positions: number;
}

/** What a fence costs besides its positions, in positions. */
const OF_FENCE = 16;

/** The fences of a tenant, found by place. Built once; a change makes another. */
export class FenceIndex implements Fences {
  private readonly tree: Flatbush | null;
  private readonly owners: number[] = [];
  private readonly byId: Map<string, HeldFence>;

  private readonly fences: readonly HeldFence[];
  /** What it takes to hold it, in positions. */
  readonly weight: number;

  constructor(fences: readonly HeldFence[]) {
    this.weight = fences.reduce((sum, { positions, watch }) => sum + positions + OF_FENCE + (watch?.weight ?? 0), 1);
    // Ids begin with the time at which they were made.
    this.fences = [...fences].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.byId = new Map(fences.map((fence) => [fence.id, fence]));
    const boxes = this.fences.flatMap((fence, owner) => turned(reachOf(fence.region)).map((box) => ({ box, owner })));
    this.tree = boxes.length === 0 ? null : new Flatbush(boxes.length);
    for (const { box, owner } of boxes) {
      this.tree!.add(...box);
      this.owners.push(owner);
    }
    this.tree?.finish();
  }

  get(id: string): HeldFence | undefined {
    return this.byId.get(id);
  }

  near(place: Place, before: Place | null): Fence[] {
    const there = (): Fence[] => this.oldest(place.lng, place.lat, place.lng, place.lat);
    if (!before) return there();
    if (Math.abs(before.lng - place.lng) < 180) {
      const onTheWay = this.oldest(...boxOf(before, place));
      // The place is in the box of the way: where nothing is near to that, nothing is near to it.
      return onTheWay.length === 0 ? onTheWay : [...new Set([...there(), ...onTheWay])];
    }
    // Over the antimeridian the box of the way would be the whole way around.
    const boxes = [
      boxOf(before, { ...before, lng: before.lng < 0 ? -180 : 180 }),
      boxOf(place, { ...place, lng: place.lng < 0 ? -180 : 180 }),
    ];
    return [...new Set([...there(), ...boxes.flatMap((box) => this.oldest(...box))])];
  }

  private oldest(...box: Box): Fence[] {
    if (!this.tree) return [];
    const found = this.tree.search(...box);
    if (found.length === 0) return [];
    const owners = found.map((it) => this.owners[it]);
    const sorted =
      owners.length > MOST_WATCHED
        ? Uint32Array.from(owners)
            .sort()
            .slice(0, 2 * MOST_WATCHED)
        : owners;
    return [...new Set(sorted)].slice(0, MOST_WATCHED).map((owner) => this.fences[owner]);
  }
}

const boxOf = (a: Place, b: Place): Box => [
  Math.min(a.lng, b.lng),
  Math.min(a.lat, b.lat),
  Math.max(a.lng, b.lng),
  Math.max(a.lat, b.lat),
];

/** A box in longitudes from -180 to 180: one that goes over the antimeridian is two. */
function turned([west, south, east, north]: Box): Box[] {
  if (east - west >= 360) return [[-180, south, 180, north]];
  const shift = Math.floor((west + 180) / 360) * 360;
  const [from, to] = [west - shift, east - shift];
  if (to <= 180) return [[from, south, to, north]];
  return [
    [from, south, 180, north],
    [-180, south, to - 360, north],
  ];
}
