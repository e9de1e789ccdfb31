import type { Channel, SuppressionCause } from '../contracts/channels';
import { categoryNamed } from './categories';
import { momentOf } from './local-time';
import { capOf, digestDue, isOn, quietHoursOf, rhythmOf, type Cap, type Policy, type Preferences } from './preferences';
import { quietUntil } from './quiet-hours';

/** Somebody to notify, with everything that decides how. */
export interface Recipient {
  policy: Policy;
  preferences: Preferences;
  /** IANA. */
  zone: string;
}

/** Whether and when a message may leave. */
export type Leave = { kind: 'send'; dueAt: Date } | { kind: 'suppress'; cause: SuppressionCause };

/** What becomes of one message. */
export type Decision = Leave | { kind: 'digest'; dueAt: Date };

export interface Occasion {
  category: string;
  critical: boolean;
  /** Not before. */
  dueAt: Date;
  expiresAt: Date | null;
}

export const isCritical = (category: string, said?: boolean): boolean =>
  said ?? categoryNamed(category).critical ?? false;

/**
 * Decides about one channel: the tenant's default < the category < the person's channel < quiet hours, and what is
 * critical beats all of them. Quiet hours defer; the inbox makes no noise and knows none.
 */
export function gate(recipient: Recipient, channel: Channel, occasion: Occasion): Leave {
  const { policy, preferences, zone } = recipient;
  const { category, critical, dueAt, expiresAt } = occasion;
  if (critical) return { kind: 'send', dueAt };
  if (!isOn(policy, preferences, category, channel)) return { kind: 'suppress', cause: 'preference' };
  if (channel === 'in_app') return { kind: 'send', dueAt };
  const hours = quietHoursOf(policy, preferences);
  const leaves = (hours && quietUntil(hours, zone, dueAt)) ?? dueAt;
  if (expiresAt && leaves > dueAt && leaves >= expiresAt) return { kind: 'suppress', cause: 'quiet' };
  return { kind: 'send', dueAt: leaves };
}

/** As `gate`; mail that travels in a digest waits for the next one, which waits for the end of quiet hours. */
export function decide(recipient: Recipient, channel: Channel, occasion: Occasion): Decision {
  const { policy, preferences, zone } = recipient;
  const rhythm = channel === 'email' ? rhythmOf(policy, preferences, occasion.category) : 'off';
  if (rhythm === 'off' || occasion.critical) return gate(recipient, channel, occasion);
  const dueAt = digestDue(rhythm, policy.digestAt, zone, occasion.dueAt);
  const leave = gate(recipient, channel, { ...occasion, dueAt, expiresAt: null });
  return leave.kind === 'send' ? { ...leave, kind: 'digest' } : leave;
}

/** The cap that a message counts against, or null. */
export const capFor = (recipient: Recipient, channel: Channel, { category, critical }: Occasion): Cap | null =>
  critical || channel === 'in_app' ? null : capOf(recipient.policy, category, channel);

/** Whether one more message at a moment is more than the cap within any span of its length, by when the others leave. */
export function isMoreThan({ most, perHours }: Cap, leaveAt: Date, others: readonly Date[]): boolean {
  const spanMs = perHours * 3_600_000;
  const at = leaveAt.getTime();
  const near = others.map((other) => other.getTime()).filter((other) => Math.abs(other - at) < spanMs);
  const begins = [at, ...near.filter((other) => other <= at)];
  return begins.some((from) => near.filter((other) => other >= from && other < from + spanMs).length >= most);
}

/** When something is due for a person: the later of a moment and of a local time. `2026-03-29T09:00`. */
export function dueFor(zone: string, now: Date, at?: Date, localTime?: string): Date {
  const [day, time] = localTime?.split('T') ?? [];
  const moments = [at, time ? momentOf(day, time, zone) : undefined].filter((each) => each !== undefined);
  return moments.length === 0 ? now : new Date(Math.max(...moments.map((each) => each.getTime())));
}
