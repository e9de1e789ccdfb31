/** Authenticator assurance level (NIST SP 800-63B-4). */
export type AssuranceLevel = 1 | 2 | 3;

/** How long a session may live, in seconds. */
export interface SessionLimits {
  /** Without use. */
  idle: number;
  /** From its beginning; never moves. */
  absolute: number;
  /** One access token. */
  access: number;
}

const DAY = 86_400;

/** NIST SP 800-63B-4: the stronger the proof, the sooner it has to be given again. */
const BY_LEVEL: Record<AssuranceLevel, SessionLimits> = {
  1: { idle: 30 * DAY, absolute: 30 * DAY, access: 600 },
  2: { idle: 3_600, absolute: DAY, access: 600 },
  3: { idle: 900, absolute: DAY / 2, access: 300 },
};

/** A browser that is asked not to remember forgets at its end; a session in it ends after a day at the latest. */
export const NOT_REMEMBERED: Partial<SessionLimits> = { absolute: DAY };

/** The limits of a level, each made stricter (never looser) by whatever else has a say. */
export function sessionLimits(level: AssuranceLevel, ...others: Partial<SessionLimits>[]): SessionLimits {
  const all: Partial<SessionLimits>[] = [BY_LEVEL[level], ...others];
  const least = (name: keyof SessionLimits): number => Math.min(...all.map((limits) => limits[name] ?? Infinity));
  return { idle: least('idle'), absolute: least('absolute'), access: least('access') };
}
