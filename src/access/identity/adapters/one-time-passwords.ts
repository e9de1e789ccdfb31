import { HOTP, Secret, TOTP } from 'otpauth';

/** What authenticator apps agree on: SHA-1, six digits, thirty seconds (RFC 6238). */
const APP = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
/** 160 bits, the length that RFC 4226 recommends. */
const SEED_BYTES = 20;

/** A new seed in base32. */
export const newSeed = (): string => new Secret({ size: SEED_BYTES }).base32;

/** The one-time password of a counter (RFC 4226). @param seed bytes */
export const hotp = (
  seed: Uint8Array,
  counter: number,
  { digits, algorithm }: { digits: number; algorithm: 'SHA1' | 'SHA256' | 'SHA512' } = APP,
): string => {
  const buffer = new Uint8Array(seed).buffer;
  return HOTP.generate({ secret: new Secret({ buffer }), counter, digits, algorithm });
};

/** The time step of a moment (RFC 6238, X = 30 s). @param atMs milliseconds since the epoch */
export const stepOf = (atMs: number): number => Math.floor(atMs / 1000 / APP.period);

/**
 * The time step whose code `code` is, or null. Tells by time nothing about the code.
 * @param window steps before and after the present one that count too
 */
export function matchingStep(seed: string, code: string, atMs: number, window: 0 | 1): number | null {
  if (!/^\d{6}$/.test(code)) return null;
  const totp = new TOTP({ ...APP, secret: Secret.fromBase32(seed) });
  const delta = totp.validate({ token: code, timestamp: atMs, window });
  return delta === null ? null : stepOf(atMs) + delta;
}

/** The address that apps read from a QR code (Key Uri Format). */
export const otpauthUrl = (facts: { issuer: string; account: string; seed: string }): string =>
  new TOTP({ ...APP, issuer: facts.issuer, label: facts.account, secret: Secret.fromBase32(facts.seed) }).toString();

/** A text as QR code, PNG in a data URI. The library comes with the first one. */
export async function qrDataUri(text: string): Promise<string> {
  const { toDataURL } = await import('qrcode');
  return toDataURL(text, { errorCorrectionLevel: 'M', margin: 2, width: 264 });
}
