/** For whom passkeys are made (WebAuthn): the host name they belong to, and the pages and apps that may use them. */
export interface RelyingParty {
  id: string;
  name: string;
  origins: string[];
}

/** The origin under which an Android app speaks WebAuthn. @param fingerprint SHA-256 of its signing certificate, `AA:BB:...` */
export const androidOrigin = (fingerprint: string): string =>
  `android:apk-key-hash:${Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url')}`;
