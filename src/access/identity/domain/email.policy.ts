// Deliberately looser than RFC 5322: the proof of an address is that its mail arrives.
const ADDRESS = /^[^\s@"(),:;<>[\\\]\p{Cc}\p{Cf}]{1,64}@[^\s@/\\?#:%[\]\p{Cc}\p{Cf}]{1,190}$/u;

/**
 * The form in which addresses are compared and unique: NFC, lower case, the domain in ASCII (IDNA). Nothing is folded
 * beyond that: `a.b@` and `ab@`, or letters of two scripts that look alike, are different addresses.
 * @returns null for what is no address
 */
export function normalizeEmail(text: string): string | null {
  const trimmed = text.trim().normalize('NFC');
  if (trimmed.length > 254 || !ADDRESS.test(trimmed)) return null;
  const at = trimmed.lastIndexOf('@');
  const domain = asciiDomain(trimmed.slice(at + 1));
  return domain && `${trimmed.slice(0, at).toLowerCase()}@${domain}`;
}

/** The domain in ASCII by the URL standard's rules; null for what is none, numbers included. */
function asciiDomain(text: string): string | null {
  let host: string;
  try {
    host = new URL(`http://${text}`).hostname;
  } catch {
    return null;
  }
  const label = '[a-z0-9]([a-z0-9-]*[a-z0-9])?';
  return new RegExp(`^${label}(\\.${label})*$`).test(host) && !/^[\d.]+$/.test(host) ? host : null;
}
