/**
 * A capability is a bearer token that belongs to one thing instead of a login: `<two to four letters>_<secret>`. On
 * public routes the guard lets its bearer in as a guest, and the route itself judges it; everywhere else it is refused.
 * No access token looks like one: those have dots.
 */
const CAPABILITY = /^[a-z]{2,4}_[\w-]{20,200}$/;
const BEARER = /^bearer +(\S+) *$/i;

export const isCapability = (token: string): boolean => CAPABILITY.test(token);

/** The capability with this prefix (`ot_`) that a request bears, or null. */
export function capabilityOf(authorization: string | undefined, prefix: string): string | null {
  const token = BEARER.exec(authorization ?? '')?.[1];
  return token !== undefined && token.startsWith(prefix) && isCapability(token) ? token : null;
}
