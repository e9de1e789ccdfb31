import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { applePayCertificateInvalid, validationUrlRefused } from './payments.errors';

/** A merchant's identity at Apple. `privateKey` must never be logged. */
export interface MerchantIdentity {
  merchantIdentifier: string;
  displayName: string;
  /** PEM, the merchant identity certificate first. */
  certificate: string;
  privateKey: string;
}

/**
 * Hosts of Apple's gateway: worldwide and China, production and sandbox, their pods and those for disasters.
 * Source: Apple, "Setting up your server" (Apple Pay on the Web).
 */
const APPLES_HOST = /^(?:cn-)?apple-pay-gateway(?:-(?:cert|(?:nc|pr|sh|tj)-pod[1-9](?:-dr)?))?\.apple\.com$/;
const SESSION_PATH = /^\/paymentservices\/(?:startSession|paymentSession)$/;

/**
 * The address that a browser was given to validate a merchant at, if it is one of Apple's. A page passes it on, so that it
 * may say anything: nothing else is ever called.
 * @param base the only origin that is taken instead of Apple's, where the operator named one
 * @throws AppError invalid `payments.validation-url-refused`
 */
export function validationUrlOf(given: string, base: string | null): URL {
  const url = URL.canParse(given) ? new URL(given) : null;
  const isPlain =
    url !== null && url.protocol === 'https:' && !url.username && !url.password && !url.search && !url.hash;
  if (!url || !isPlain || !SESSION_PATH.test(url.pathname)) throw validationUrlRefused();
  const isAllowed =
    base === null ? url.port === '' && APPLES_HOST.test(url.hostname) : url.origin === new URL(base).origin;
  if (!isAllowed) throw validationUrlRefused();
  return url;
}

/**
 * Checks a merchant identity by itself: readable, valid now, and a pair.
 * @returns when the certificate ends
 * @throws AppError invalid `payments.apple-pay-certificate-invalid`; values are never repeated
 */
export function checkIdentity(certificate: string, privateKey: string, now: Date): Date {
  let parsed: X509Certificate;
  let key: KeyObject;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    throw applePayCertificateInvalid('/certificate', 'This is no certificate in PEM form.');
  }
  try {
    key = createPrivateKey(privateKey);
  } catch {
    throw applePayCertificateInvalid('/privateKey', 'This is no private key in PEM form, without a passphrase.');
  }
  if (!parsed.checkPrivateKey(key))
    throw applePayCertificateInvalid('/privateKey', 'The key is not the certificate’s.');
  const notAfter = new Date(parsed.validTo);
  if (notAfter <= now) throw applePayCertificateInvalid('/certificate', 'The certificate has ended.');
  if (new Date(parsed.validFrom) > now)
    throw applePayCertificateInvalid('/certificate', 'The certificate begins later.');
  return notAfter;
}

/** SHA-256 fingerprint and subject, for whoever manages certificates. */
export const describeCertificate = (certificate: string): { subject: string; fingerprint: string } => {
  const { subject, fingerprint256 } = new X509Certificate(certificate);
  return { subject: subject.split('\n').join(', '), fingerprint: fingerprint256 };
};
