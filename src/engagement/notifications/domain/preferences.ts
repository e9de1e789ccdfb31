import type { Channel } from '../contracts/channels';
import { CHANNELS } from '../contracts/channels';
import { categoryNamed } from './categories';
import { isTimeOfDay, isTimeZone, nextTimeOfDay } from './local-time';
import type { QuietHours } from './quiet-hours';
import { DateTime } from 'luxon';

export type Switches = Partial<Record<Channel, boolean>>;

/** How often what belongs together is mailed together; `off`: each by itself. */
export const RHYTHMS = ['off', 'hourly', 'daily', 'weekly'] as const;
export type Rhythm = (typeof RHYTHMS)[number];

/** No more than `most` messages of a category and channel to one person within so many hours. */
export interface Cap {
  most: number;
  perHours: number;
}

export interface CategoryPolicy {
  channels?: Switches;
  caps?: Partial<Record<Channel, Cap>>;
  digest?: Rhythm;
}

/** What an organization sets up for everybody. */
export interface Policy {
  channels: Switches;
  categories: Record<string, CategoryPolicy>;
  /** For those who set none themselves; null: none. */
  quietHours: QuietHours | null;
  /** When daily and weekly digests leave, on the recipient's clock; weekly ones on Mondays. */
  digestAt: string;
}

export const DEFAULT_POLICY: Policy = { channels: {}, categories: {}, quietHours: null, digestAt: '08:00' };

/** What a person sets up; whatever is absent is as the organization set it up. */
export interface Preferences {
  channels: Switches;
  categories: Record<string, Switches>;
  digests: Record<string, Rhythm>;
  /** `null`: none, whatever the organization says. */
  quietHours?: QuietHours | null;
  /** IANA; default the profile's, then the organization's. */
  timeZone?: string | null;
}

export const NO_PREFERENCES: Preferences = { channels: {}, categories: {}, digests: {} };

/** Channels that are on for everybody who says nothing. */
const PRODUCT: Record<Channel, boolean> = { email: true, sms: false, push: true, in_app: true };

/**
 * Whether a channel is on for a category. The later of these wins: the product, the product's category, the organization,
 * its category, the person's channel, the person's category.
 */
export function isOn(policy: Policy, person: Preferences, category: string, channel: Channel): boolean {
  const said = [
    PRODUCT[channel],
    categoryNamed(category).channels?.[channel],
    policy.channels[channel],
    own(policy.categories, category)?.channels?.[channel],
    person.channels[channel],
    own(person.categories, category)?.[channel],
  ];
  return said.findLast((each) => each !== undefined) ?? false;
}

export const capOf = (policy: Policy, category: string, channel: Channel): Cap | null =>
  own(policy.categories, category)?.caps?.[channel] ?? null;

export const rhythmOf = (policy: Policy, person: Preferences, category: string): Rhythm =>
  own(person.digests, category) ?? own(policy.categories, category)?.digest ?? 'off';

export const quietHoursOf = (policy: Policy, person: Preferences): QuietHours | null =>
  person.quietHours === undefined ? policy.quietHours : person.quietHours;

/** The next moment after `now` at which a digest leaves. Hours are whole ones of the recipient's clock. */
export function digestDue(rhythm: Exclude<Rhythm, 'off'>, at: string, zone: string, now: Date): Date {
  const here = DateTime.fromJSDate(now, { zone });
  if (rhythm === 'hourly') return here.startOf('hour').plus({ hours: 1 }).toJSDate();
  let due = nextTimeOfDay(at, zone, now);
  while (rhythm === 'weekly' && DateTime.fromJSDate(due, { zone }).weekday !== 1) due = nextTimeOfDay(at, zone, due);
  return due;
}

/** A fault in a document of wishes. */
export interface Fault {
  pointer: string;
  detail: string;
}

/** What is wrong with quiet hours, if anything. */
export function quietFaults(quiet: QuietHours | null | undefined, pointer: string): Fault[] {
  if (!quiet) return [];
  const faults: Fault[] = [];
  for (const end of ['from', 'to'] as const)
    if (!isTimeOfDay(quiet[end])) faults.push({ pointer: `${pointer}/${end}`, detail: 'a time such as 22:00' });
  if (quiet.from === quiet.to)
    faults.push({ pointer, detail: 'from and to must differ; null means that there are no quiet hours' });
  return faults;
}

const CATEGORY = /^[a-z][a-z0-9-]{0,39}$/;
const MOST_CATEGORIES = 50;

/** What is wrong with names and switches of categories. */
export function categoryFaults(
  categories: Record<string, unknown>,
  pointer: string,
  isWrong: (value: unknown) => string | null,
): Fault[] {
  const names = Object.keys(categories);
  if (names.length > MOST_CATEGORIES) return [{ pointer, detail: `at most ${MOST_CATEGORIES} categories` }];
  return names.flatMap((name) => {
    const at = `${pointer}/${name.slice(0, 60)}`;
    if (!CATEGORY.test(name)) return [{ pointer: at, detail: 'a category such as orders' }];
    const wrong = isWrong(categories[name]);
    return wrong ? [{ pointer: at, detail: wrong }] : [];
  });
}

export const isCategory = (name: string): boolean => CATEGORY.test(name);

/** What is wrong with switches of channels, or null. */
export function switchesWrong(value: unknown): string | null {
  if (!isRecord(value)) return 'switches of channels, such as { "email": false }';
  const wrong = Object.entries(value).find(
    ([name, on]) => !CHANNELS.includes(name as Channel) || typeof on !== 'boolean',
  );
  return wrong ? `true or false for ${CHANNELS.join(', ')}` : null;
}

export const zoneFaults = (zone: string | null | undefined, pointer: string): Fault[] =>
  zone && !isTimeZone(zone) ? [{ pointer, detail: 'a time zone such as Europe/Lisbon' }] : [];

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An own property, so that no category is called `constructor`. */
const own = <T>(record: Record<string, T>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
