import { sign } from 'jsonwebtoken';
import { clock } from '../../../../kernel/clock/clock';
import type { FcmAccount } from '../../../../kernel/config/providers';

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** Seconds that a login is used less than it lasts. */
const MARGIN_SECONDS = 120;
const TIMEOUT_MS = 10_000;

/** Google did not take our service account. */
export class LoginRefused extends Error {
  readonly code = 'LOGIN_REFUSED';

  constructor(status: number, error: string) {
    super(`Google refuses the service account: ${status} ${error}.`);
  }
}

/**
 * Access tokens of a service account (OAuth 2.0 JWT bearer, RFC 7523): one at a time, used until shortly before it ends;
 * whoever asks while one is fetched waits for the same.
 */
export class GoogleLogin {
  private current: { token: string; untilMs: number } | null = null;
  private fetching: Promise<string> | null = null;

  constructor(private readonly account: FcmAccount) {}

  /** @throws LoginRefused, or what `fetch` throws */
  token(): Promise<string> {
    if (this.current && this.current.untilMs > clock.nowMs()) return Promise.resolve(this.current.token);
    return (this.fetching ??= this.fetch().finally(() => (this.fetching = null)));
  }

  /** The token was refused. */
  forget(): void {
    this.current = null;
  }

  private async fetch(): Promise<string> {
    const { clientEmail, privateKey, privateKeyId, tokenUri } = this.account;
    const now = Math.floor(clock.nowMs() / 1_000);
    const claims = { iss: clientEmail, scope: SCOPE, aud: tokenUri, iat: now, exp: now + 3_600 };
    const assertion = sign(claims, privateKey, {
      algorithm: 'RS256',
      ...(privateKeyId ? { keyid: privateKeyId } : {}),
    });
    const answer = await fetch(tokenUri, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: GRANT, assertion }).toString(),
    });
    const read = (await answer.json().catch(() => ({}))) as {
      access_token?: string;
      expires_in?: number;
      error?: string;
    };
    if (!answer.ok || typeof read.access_token !== 'string')
      throw new LoginRefused(answer.status, /^[a-z_]{1,60}$/.test(read.error ?? '') ? read.error! : 'no token');
    const seconds = Math.max(0, (read.expires_in ?? 3_600) - MARGIN_SECONDS);
    this.current = { token: read.access_token, untilMs: clock.nowMs() + seconds * 1_000 };
    return read.access_token;
  }
}
