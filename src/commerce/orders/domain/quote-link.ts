import { sha256 } from '../../../kernel/crypto/hashing';

const LINK = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})(qt_[A-Za-z0-9_-]{20,64})$/;

/** Prefix of the secret by which a customer opens a quote. */
export const QUOTE_TOKEN_PREFIX = 'qt_';

/**
 * The word in the address that is mailed: the shop, so that the quote can be found behind the wall by a browser that
 * sends no header, and the secret, which is the only right that the page asks for.
 */
export const quoteLink = (tenantId: string, token: string): string => tenantId.replaceAll('-', '') + token;

/** Takes the word apart; null when it is malformed. */
export function readQuoteLink(link: string): { tenantId: string; token: string } | null {
  const parts = LINK.exec(link);
  return parts ? { tenantId: parts.slice(1, 6).join('-'), token: parts[6] } : null;
}

/** What of the secret is stored. */
export const quoteTokenHash = (token: string): Buffer => sha256(`quote-access:${token}`);
