import { metresBetween, wrapped, type Place } from './geodesy';
import { MOST_SPEED, type FilterReason } from './filter';
import type { Fix } from './fix';
import { distanceTo, entryOf, grown, holds, type Region } from './region';
import type { Watch } from './watch';

export const FENCE_EVENTS = ['enter', 'exit', 'dwell', 'crossed', 'inside_start'] as const;
export type FenceEventType = (typeof FENCE_EVENTS)[number];

/** A fence as fixes are held against it. */
export interface Fence {
  id: string;
  region: Region;
  /** Seconds inside after which it is a dwell; null for never. */
  dwellSeconds: number | null;
  /** The hours in which it is watched; null for always. */
  watch: Watch | null;
  /** Changed with the shape: what was known by an older one does not count. */
  version: number;
  /** Fixes that arrived before are not held against it (milliseconds). */
  since: number;
}

/** The fences of a tenant. */
export interface Fences {
  get(id: string): Fence | undefined;
  /**
   * Those that a place may have to do with, and then the way to it from `before`, each once: the oldest
   * first, and of each no more than `MOST_WATCHED`.
   */
  near(place: Place, before: Place | null): Fence[];
}

/** What happened between a tracker and a fence. */
export interface FenceEvent {
  fenceId: string;
  type: FenceEventType;
  /** Milliseconds since 1970; of enter, exit and crossed interpolated to the edge. */
  at: number;
  /** Time of the fix by which it was certain. */
  confirmedAt: number;
  lat: number;
  lng: number;
}

type Phase = 'outside' | 'entering' | 'inside' | 'exiting';

/** Where a tracker is with regard to one fence. One that is surely outside has none. */
export interface FenceState {
  version: number;
  phase: Phase;
  /** Fixes that agree on leaving the phase, and the time of the first. */
  agreeing: number;
  agreedFrom: number;
  /** Where and when the edge was crossed, for the event that is to come. */
  edge: Place & { at: number };
  /** Where and when it last went over the edge while it is not far enough away to have left. */
  over?: Place & { at: number };
  /** Since when it is inside (milliseconds), and whether its dwell was told. */
  enteredAt: number;
  dwelled: boolean;
}

/** So many fixes must agree, over so long a time. */
const AGREEING = 2;
const AGREE_MS = 10_000;
/** A pass between two fixes counts when they are no further apart than this. */
const CROSS_MS = 120_000;
const CROSS_METRES = 2_000;
const ASSUMED_ERROR = 10;

/** What an organization may draw: every process that takes its positions holds all of it. */
export const MOST_FENCES = 10_000;
export const MOST_OF_ALL = 250_000;

/** Fences that a tracker is watched at at once: those that it is in, then the oldest of those around it. */
export const MOST_WATCHED = 50;

export const exitBuffer = (region: Region): number => Math.max(20, 0.1 * region.size);

/** The box within which a fence must be asked about a fix. */
export const reachOf = (region: Region): Region['box'] => grown(region.box, exitBuffer(region) + 60);

/** A fix that is believed, with the time it came. */
export type Believed = Pick<Fix, 'fixTime' | 'lat' | 'lng' | 'accuracy' | 'receivedAt'> & {
  reason?: FilterReason | null;
};

/** When the watch of a fence ends that is kept at an instant (milliseconds), Infinity for never; null while none is kept. */
export const watchedUntil = ({ watch }: Fence, at: number): number | null => (watch ? watch.until(at) : Infinity);

/**
 * Holds one fix against one fence. Hysteresis: inside begins a little within the edge, outside a little beyond it, and two
 * fixes ten seconds apart must agree; between the two all stays as it was. A watch begins with its first fix, and what is not
 * certain when it ends is not told.
 * @param state null while it is surely outside, or nothing is known
 * @param before the believed fix before, null for the first of the tracker
 */
export function step(
  fence: Fence,
  state: FenceState | null,
  before: Believed | null,
  fix: Believed,
): { state: FenceState | null; events: FenceEvent[] } {
  if (fix.receivedAt < fence.since) return { state: null, events: [] };
  const current = state?.version === fence.version ? state : null;
  const counted = before !== null && before.receivedAt >= fence.since;
  const events: FenceEvent[] = [];
  const until = watchedUntil(fence, fix.fixTime);
  const goesOn = before !== null && until !== null && watchedUntil(fence, before.fixTime) === until;
  if (before && !goesOn) closing(fence, current, before, fix, events);
  if (until === null) return { state: null, events };
  const error = fix.accuracy ?? ASSUMED_ERROR;
  const [deep, far] = [Math.min(error, 0.5 * fence.region.size), exitBuffer(fence.region) + error];
  const off = distanceTo(fence.region, fix, deep, far + 1);
  const within = off <= -deep;
  const beyond = off > far;
  if (!counted || !goesOn || (current === null && state !== null)) {
    const tells = before === null || fence.version === 1 || (counted && !goesOn);
    return first(fence, fix, within, tells, events);
  }
  const evidence = metresBetween(before, fix) <= (MOST_SPEED * (fix.fixTime - before.fixTime)) / 1000;
  const next = current ? { ...current } : outside(fence);
  if (evidence && next.phase === 'inside') minding(next, fence, before, fix, off > 0);
  tellDwell(fence, next, fix, events);
  if (!evidence) return { state: kept(next), events };
  switch (next.phase) {
    case 'outside':
      if (within) begin(next, 'entering', fence, before, fix);
      else if (beyond) events.push(...passes(fence, before, fix));
      break;
    case 'entering':
      if (within) agree(next, fence, fix, events);
      else if (beyond) {
        // In and out again: too short for a visit, but it was there.
        events.push({ ...eventOf(fence, 'crossed', fix), at: next.edge.at, lat: next.edge.lat, lng: next.edge.lng });
        next.phase = 'outside';
      }
      break;
    case 'inside':
      if (!beyond) break;
      begin(next, 'exiting', fence, before, fix);
      next.edge = crossed(next, fix.fixTime) ?? next.edge;
      break;
    case 'exiting':
      if (beyond) agree(next, fence, fix, events);
      else if (within) next.phase = 'inside';
  }
  return { state: kept(next), events };
}

const outside = ({ version }: Fence): FenceState => ({
  version,
  phase: 'outside',
  agreeing: 0,
  agreedFrom: 0,
  edge: { at: 0, lat: 0, lng: 0 },
  enteredAt: 0,
  dwelled: false,
});
const kept = (state: FenceState): FenceState | null => (state.phase === 'outside' ? null : state);

/** The first fix that counts: who is inside was so before anybody looked. A changed fence is taken up without a word. */
function first(fence: Fence, fix: Believed, within: boolean, tells: boolean, events: FenceEvent[]) {
  if (!within) return { state: null, events };
  const { lat, lng, fixTime } = fix;
  const state: FenceState = { ...outside(fence), phase: 'inside', enteredAt: fixTime, edge: { at: fixTime, lat, lng } };
  if (tells) events.push(eventOf(fence, 'inside_start', fix));
  return { state, events };
}

function begin(state: FenceState, phase: Phase, fence: Fence, before: Believed, fix: Believed): void {
  state.phase = phase;
  state.agreeing = 1;
  state.agreedFrom = fix.fixTime;
  state.edge = edgeBetween(fence, before, fix);
}

/** A fence is left some way behind its edge; the time at the edge is that of going over it. */
function minding(state: FenceState, fence: Fence, before: Believed, fix: Believed, isOut: boolean): void {
  if (!isOut) delete state.over;
  else state.over ??= edgeBetween(fence, before, fix);
}

/** The way over the edge, where it was on the way out: who lingers beside a fence leaves it when he drives away. */
const crossed = ({ over }: FenceState, now: number): FenceState['edge'] | undefined =>
  over && now - over.at <= CROSS_MS ? over : undefined;

function agree(state: FenceState, fence: Fence, fix: Believed, events: FenceEvent[]): void {
  state.agreeing += 1;
  if (state.agreeing < AGREEING || fix.fixTime - state.agreedFrom < AGREE_MS) return;
  const enters = state.phase === 'entering';
  const { at, lat, lng } = state.edge;
  events.push({ ...eventOf(fence, enters ? 'enter' : 'exit', fix), at, lat, lng });
  state.phase = enters ? 'inside' : 'outside';
  if (!enters) return;
  state.enteredAt = at;
  state.dwelled = false;
  tellDwell(fence, state, fix, events);
}

function tellDwell({ id, dwellSeconds }: Fence, state: FenceState, fix: Believed, events: FenceEvent[]): void {
  if (dwellSeconds === null || state.dwelled || (state.phase !== 'inside' && state.phase !== 'exiting')) return;
  const at = state.enteredAt + dwellSeconds * 1000;
  // While it may be on its way out, only the time until then counts.
  const until = state.phase === 'exiting' ? state.edge.at : (crossed(state, fix.fixTime)?.at ?? fix.fixTime);
  if (until < at) return;
  state.dwelled = true;
  events.push({ fenceId: id, type: 'dwell', at, confirmedAt: fix.fixTime, lat: fix.lat, lng: fix.lng });
}

/** The watch that was kept at the fix before is over: a stay that was long enough by its end is a dwell, where it was seen last. */
function closing(fence: Fence, state: FenceState | null, before: Believed, fix: Believed, events: FenceEvent[]): void {
  const end = watchedUntil(fence, before.fixTime);
  if (state === null || end === null) return;
  const told: FenceEvent[] = [];
  tellDwell(fence, { ...state }, { ...before, fixTime: end }, told);
  events.push(...told.map((event) => ({ ...event, confirmedAt: fix.fixTime })));
}

const eventOf = (fence: Fence, type: FenceEventType, { fixTime, lat, lng }: Believed): FenceEvent => ({
  fenceId: fence.id,
  type,
  at: fixTime,
  confirmedAt: fixTime,
  lat,
  lng,
});

const between = (a: Believed, b: Believed, part: number): Place & { at: number } => ({
  at: Math.round(a.fixTime + part * (b.fixTime - a.fixTime)),
  lat: a.lat + part * (b.lat - a.lat),
  lng: wrapped(a.lng + part * wrapped(b.lng - a.lng)),
});

/** Where the way between two fixes meets the edge: halved until a decimetre or a millisecond is left. */
function edgeBetween({ region }: Fence, a: Believed, b: Believed): Place & { at: number } {
  const inside = holds(region, a);
  if (inside === holds(region, b)) return between(a, b, 1);
  let [low, high] = [0, 1];
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2;
    if (holds(region, between(a, b, middle)) === inside) low = middle;
    else high = middle;
  }
  return between(a, b, high);
}

/** Fixes so near to each other that the way between them is known. */
export const isShort = (a: Believed, b: Believed): boolean =>
  b.fixTime - a.fixTime <= CROSS_MS && metresBetween(a, b) <= CROSS_METRES;

/** The way between two fixes outside may meet the fence. */
function passes(fence: Fence, a: Believed, b: Believed): FenceEvent[] {
  const part = isShort(a, b) ? entryOf(fence.region, a, b) : null;
  return part === null ? [] : [{ ...eventOf(fence, 'crossed', b), ...between(a, b, part) }];
}
