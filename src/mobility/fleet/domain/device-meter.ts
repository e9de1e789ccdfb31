import type { Meter } from './meter';

/** What a tracker said of a meter at a moment: metres or seconds by its own count. */
export interface Said {
  /** Milliseconds. */
  at: number;
  value: number;
}

/** What a meter counted from one moment to another, metres or seconds. */
export interface Counted {
  from: number;
  at: number;
  amount: number;
}

/** How a count may go on: as fast as `rate` a second and `slack` for its coarseness, and back by `back` for rounding. */
interface Pace {
  rate: number;
  slack: number;
  back: number;
  /** How fast on average where it is compared with what people read, maybe weeks before. */
  mean: number;
}
export const PACES: Record<Meter, Pace> = {
  odometer: { rate: 70, slack: 2_000, back: 100, mean: 15 },
  engine_hours: { rate: 1.02, slack: 360, back: 60, mean: 1 },
};
/** So many values in a row that fit one another, and not what was before, are a count that was set anew. */
const AGREE = 3;

const fits = ({ rate, slack, back }: Pace, from: Said, to: Said): boolean => {
  const [amount, seconds] = [to.value - from.value, (to.at - from.at) / 1000];
  return amount >= -back && amount <= rate * seconds + slack;
};

/**
 * Follows the count of one tracker from what it said last, null where it said nothing before. A value that does not fit is
 * passed over; where three fit one another the count was reset or set: it goes on from there, and what was counted stays.
 * What is older than the last is passed over.
 * @returns what it said last of what fits, and what was counted
 */
export function countOf(
  pace: Pace,
  last: Said | null,
  said: readonly Said[],
): { last: Said | null; counted: Counted[] } {
  const counted: Counted[] = [];
  let odd: Said[] = [];
  const take = (from: Said, to: Said): Said => {
    const amount = Math.max(0, to.value - from.value);
    counted.push({ from: from.at, at: to.at, amount });
    return { at: to.at, value: Math.max(from.value, to.value) };
  };
  for (const value of [...said].sort((a, b) => a.at - b.at)) {
    if (last && value.at <= last.at) continue;
    if (last === null) {
      // A device that starts may say nothing, or nought.
      if (value.value > 0) last = value;
    } else if (fits(pace, last, value)) {
      last = take(last, value);
      odd = [];
    } else {
      if (odd.length > 0 && !fits(pace, odd[odd.length - 1], value)) odd = [];
      odd.push(value);
      if (odd.length < AGREE) continue;
      last = odd.slice(1).reduce(take, odd[0]);
      odd = [];
    }
  }
  return { last, counted };
}

/** True where the count of a tracker may well be what the vehicle's own meter shows, as people read it before. */
export const continues = ({ mean, slack }: Pace, read: Said, said: Said): boolean =>
  said.at > read.at &&
  said.value >= read.value &&
  said.value - read.value <= mean * ((said.at - read.at) / 1000) + slack;

/** What was counted after a moment; of what goes over it, by its share of time. */
export const countedAfter = (counted: readonly Counted[], moment: number): number =>
  counted.reduce(
    (sum, { from, at, amount }) =>
      at <= moment ? sum : sum + (from >= moment ? amount : (amount * (at - moment)) / (at - from)),
    0,
  );
