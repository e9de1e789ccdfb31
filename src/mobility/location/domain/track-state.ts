import { EMPTY_FILTER, isAhead, judge, type FilterReason, type FilterState } from './filter';
import {
  isShort,
  MOST_WATCHED,
  step,
  watchedUntil,
  type Believed,
  type Fence,
  type FenceEvent,
  type Fences,
  type FenceState,
} from './fence';
import type { Fix } from './fix';

/**
 * All that is remembered of a tracker: what follows from its fixes in the order of their times, and from nothing else. A
 * late fix is put right by taking the state before it and going on from there.
 */
export interface TrackState {
  filter: FilterState;
  /** The last fix of all, believed or not, but for those of a clock that was ahead. */
  lastFixTime: number;
  /** The last one that was believed. */
  last: Believed | null;
  /** By fence; only those that it is not surely outside of. */
  fences: Record<string, FenceState>;
}

export const NEW_TRACK: TrackState = { filter: EMPTY_FILTER, lastFixTime: 0, last: null, fences: {} };

export interface Advance {
  state: TrackState;
  reason: FilterReason | null;
  events: FenceEvent[];
}

/** The next fix of a tracker, which must be later than all before. One of a clock that is ahead leaves the state as it is. */
export function advance(state: TrackState, fix: Fix, fences: Fences): Advance {
  if (isAhead(fix)) return { state, reason: 'ahead', events: [] };
  const { state: filter, reason } = judge(state.filter, fix);
  if (reason !== null) return { state: { ...state, filter, lastFixTime: fix.fixTime }, reason, events: [] };
  const { fixTime, lat, lng, accuracy, receivedAt } = fix;
  const believed: Believed = { fixTime, lat, lng, accuracy, receivedAt };
  const concerned = new Map<string, Fence>();
  for (const id of Object.keys(state.fences)) {
    const fence = fences.get(id);
    if (fence) concerned.set(id, fence);
  }
  const way = state.last && isShort(state.last, believed) ? state.last : null;
  for (const fence of fences.near(fix, way)) {
    if (concerned.size >= MOST_WATCHED) break;
    concerned.set(fence.id, fence);
  }
  const held: Record<string, FenceState> = {};
  const events: FenceEvent[] = [];
  for (const id of [...concerned.keys()].sort()) {
    const after = step(concerned.get(id)!, state.fences[id] ?? null, state.last, believed);
    if (after.state) held[id] = after.state;
    events.push(...after.events);
  }
  return { state: { filter, lastFixTime: fixTime, last: believed, fences: held }, reason: null, events };
}

/** When a stay becomes a dwell of which no further fix is needed, or null; of a fence that has changed since, nothing is known. */
function dwellOf({ version, phase, dwelled, enteredAt }: FenceState, fence: Fence | undefined): number | null {
  if (!fence || fence.dwellSeconds === null || version !== fence.version || dwelled || phase !== 'inside') return null;
  const at = enteredAt + fence.dwellSeconds * 1000;
  // What lasts beyond the watch is none.
  return at <= (watchedUntil(fence, enteredAt) ?? enteredAt) ? at : null;
}

/** When the first dwell is due of which no further fix is needed (milliseconds), or null. */
export function nextDwell(state: TrackState, fences: Fences): number | null {
  let due: number | null = null;
  for (const [id, held] of Object.entries(state.fences)) {
    const at = dwellOf(held, fences.get(id));
    if (at === null) continue;
    if (due === null || at < due) due = at;
  }
  return due;
}

/** Tells the dwells that are due by `now` although no fix confirms them: the device is silent, and was inside. */
export function inferDwells(state: TrackState, fences: Fences, now: number): Pick<Advance, 'state' | 'events'> {
  const events: FenceEvent[] = [];
  const held = { ...state.fences };
  for (const [id, before] of Object.entries(state.fences)) {
    const at = dwellOf(before, fences.get(id));
    if (at === null || at > now || !state.last) continue;
    held[id] = { ...before, dwelled: true };
    events.push({ fenceId: id, type: 'dwell', at, confirmedAt: now, lat: state.last.lat, lng: state.last.lng });
  }
  return { state: events.length === 0 ? state : { ...state, fences: held }, events };
}
