import { metresBetween } from './geodesy';
import type { Fix } from './fix';

/** Why a position that is kept is not believed. */
export const FILTER_REASONS = ['zero', 'inaccurate', 'implied-speed', 'ahead'] as const;
export type FilterReason = (typeof FILTER_REASONS)[number];

/** A clock that is further ahead of ours than this (milliseconds) says too little of when it was. */
const MOST_AHEAD_MS = 120_000;
/** A larger error than this (metres) says too little. */
const MOST_ERROR = 50;
/** Nothing on the ground is faster (m/s). */
export const MOST_SPEED = 70;
/** So many fixes in a row that agree with each other, and not with the last one that was believed, are right. */
const AGREEING = 3;

interface Seen {
  fixTime: number;
  lat: number;
  lng: number;
}

/** What the filter remembers of a tracker. */
export interface FilterState {
  good: Seen | null;
  /** The last of a row of fixes that disagree with `good`, and how many they are. */
  odd: (Seen & { count: number }) | null;
}

export const EMPTY_FILTER: FilterState = { good: null, odd: null };

/** Told before it was: judged alone, since those that are told in time come before it and do not hang on it. */
export const isAhead = ({ fixTime, receivedAt }: Pick<Fix, 'fixTime' | 'receivedAt'>): boolean =>
  fixTime > receivedAt + MOST_AHEAD_MS;

const follows = (before: Seen, after: Seen): boolean =>
  metresBetween(before, after) <= (MOST_SPEED * (after.fixTime - before.fixTime)) / 1000;

/**
 * Judges the next fix of a tracker in the order of fix times. Nothing is dropped: the reason is kept with the fix, so that an
 * alarm that came with a bad position is still there.
 */
export function judge(state: FilterState, fix: Fix): { state: FilterState; reason: FilterReason | null } {
  if (Math.abs(fix.lat) < 1e-6 && Math.abs(fix.lng) < 1e-6) return { state, reason: 'zero' };
  if (fix.accuracy !== null && fix.accuracy > MOST_ERROR) return { state, reason: 'inaccurate' };
  const seen: Seen = { fixTime: fix.fixTime, lat: fix.lat, lng: fix.lng };
  if (state.good === null || follows(state.good, seen)) return { state: { good: seen, odd: null }, reason: null };
  const count = state.odd && follows(state.odd, seen) ? state.odd.count + 1 : 1;
  if (count >= AGREEING) return { state: { good: seen, odd: null }, reason: null };
  return { state: { good: state.good, odd: { ...seen, count } }, reason: 'implied-speed' };
}
