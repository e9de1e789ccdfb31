import { IANAZone } from 'luxon';
import type { RoadSelection, StoredTraffic, TrafficRule } from '../contracts/stored-traffic';
import { clockSet } from './opening-hours';
import { MOST_NAMED_WAYS } from './routing/limits';
import { HOURS } from './routing/traffic';
import { WEEK_HOURS } from './routing/stored-traffic';

/** How far ahead of a departure a change of the clock is looked for (milliseconds). */
const AHEAD_MS = 3 * 86_400_000;

export interface TrafficFault {
  pointer: string;
  code: string;
  detail: string;
}

/** What is wrong with where roads are, beyond the shapes of fields. */
export function faultsOfRoads(
  { area, wayIds, kinds }: RoadSelection,
  pointer: string,
  needed: boolean,
): TrafficFault[] {
  const faults: TrafficFault[] = [];
  if (area && !(area.west < area.east && area.south < area.north))
    faults.push({
      pointer: `${pointer}/area`,
      code: 'area-empty',
      detail: 'It has its west before its east and its south before its north.',
    });
  if (needed && !area && !wayIds?.length && !kinds?.length)
    faults.push({ pointer: pointer || '/area', code: 'roads-missing', detail: 'Tell an `area` or `wayIds`.' });
  return faults;
}

/** What is wrong with a profile, beyond the shapes of its fields. */
export function faultsOfProfile(profile: { timeZone?: string; rules?: readonly TrafficRule[] }): TrafficFault[] {
  const faults: TrafficFault[] = [];
  if (profile.timeZone !== undefined && !IANAZone.isValidZone(profile.timeZone))
    faults.push({ pointer: '/timeZone', code: 'zone', detail: 'It is no time zone such as Europe/Vienna.' });
  profile.rules?.forEach((rule, k) => {
    if (rule.hours.length !== HOURS && rule.hours.length !== WEEK_HOURS)
      faults.push({
        pointer: `/rules/${k}/hours`,
        code: 'hours',
        detail: `Tell ${HOURS} factors for every day, or ${WEEK_HOURS} for the week.`,
      });
    faults.push(...faultsOfRoads(rule, `/rules/${k}`, false));
  });
  const named = (profile.rules ?? []).reduce((sum, { wayIds }) => sum + (wayIds?.length ?? 0), 0);
  if (named > MOST_NAMED_WAYS)
    faults.push({
      pointer: '/rules',
      code: 'too-many-ways',
      detail: `Rules of a profile name at most ${MOST_NAMED_WAYS} ways together.`,
    });
  return faults;
}

/** Rules with the hours of a whole week, from Monday midnight on. */
export const wholeWeeks = (rules: readonly TrafficRule[]): TrafficRule[] =>
  rules.map((rule) => ({
    ...rule,
    hours:
      rule.hours.length === WEEK_HOURS
        ? rule.hours
        : Array.from({ length: WEEK_HOURS }, (_, k) => rule.hours[k % HOURS]),
  }));

/** By how much a zone's clock is ahead of UTC from a departure on, and its next change within days. */
export function offsetAt(zone: string, atMs: number): NonNullable<StoredTraffic['profile']>['offset'] {
  const clock = IANAZone.create(zone);
  const changesAtMs = clockSet(clock, atMs, atMs + AHEAD_MS);
  return { minutes: clock.offset(atMs), changesAtMs, minutesAfter: clock.offset(changesAtMs ?? atMs) };
}
