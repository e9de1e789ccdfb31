import Flatbush from 'flatbush';
import { reachOf, type Fence, type Fences } from '../domain/fence';
import type { Place } from '../domain/geodesy';

/** The fences of a tenant, found by place. Built once; a change makes another. */
export class FenceIndex implements Fences {
  private readonly tree: Flatbush | null;
  private readonly owners: number[] = [];
  private readonly byId: Map<string, Fence>;

  constructor(private readonly fences: readonly Fence[]) {
    this.byId = new Map(fences.map((fence) => [fence.id, fence]));
    const boxes = fences.flatMap((fence, owner) => turned(reachOf(fence.region)).map((box) => ({ box, owner })));
    this.tree = boxes.length === 0 ? null : new Flatbush(boxes.length);
    for (const { box, owner } of boxes) {
      this.tree!.add(...box);
      this.owners.push(owner);
    }
    this.tree?.finish();
  }

  get(id: string): Fence | undefined {
    return this.byId.get(id);
  }

  /** Fences that a place may have to do with, and the way to it from `before`, each once. */
  near(place: Place, before: Place | null): Fence[] {
    if (!this.tree) return [];
    const found = new Set(this.tree.search(place.lng, place.lat, place.lng, place.lat).map((it) => this.owners[it]));
    // Over the antimeridian the box of the way would be the whole way around.
    if (before && Math.abs(before.lng - place.lng) < 180) {
      const [west, east] = [Math.min(before.lng, place.lng), Math.max(before.lng, place.lng)];
      const [south, north] = [Math.min(before.lat, place.lat), Math.max(before.lat, place.lat)];
      for (const it of this.tree.search(west, south, east, north)) found.add(this.owners[it]);
    } else if (before) {
      for (const it of this.tree.search(before.lng, before.lat, before.lng, before.lat)) found.add(this.owners[it]);
    }
    return [...found].map((owner) => this.fences[owner]);
  }
}

type Box = [west: number, south: number, east: number, north: number];

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
