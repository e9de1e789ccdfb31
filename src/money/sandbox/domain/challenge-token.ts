const TOKEN = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})([A-Za-z0-9_-]{20,64})$/;

/**
 * The word in the address of a 3-D Secure page: the tenant, so that the row can be found behind the wall, and an
 * unguessable secret, which is the only right that the page asks for.
 */
export const challengeToken = (tenantId: string, secret: string): string => tenantId.replaceAll('-', '') + secret;

/** Takes the word apart; null when it is malformed. */
export function readChallengeToken(token: string): { tenantId: string; secret: string } | null {
  const parts = TOKEN.exec(token);
  return parts ? { tenantId: parts.slice(1, 6).join('-'), secret: parts[6] } : null;
}

/** Address of a payment's 3-D Secure page, or null when it has none. */
export const challengeUrl = (publicUrl: string, tenantId: string, secret: string | null): string | null =>
  secret === null ? null : `${publicUrl}/api/v1/sandbox/challenges/${challengeToken(tenantId, secret)}`;
