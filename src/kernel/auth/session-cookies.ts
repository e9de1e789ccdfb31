import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import type { Config } from '../config/config';
import { safeEqual } from '../crypto/hashing';
import type { Keyring } from '../crypto/keyring';
import { AppError } from '../errors/app-error';
import { newSecret } from '../ids/ids';
import { deviceCookie } from './device-token';
import { looksLikeApiKey } from './api-key-token';
import type { SessionTerms } from './session-terms';
import { termsOf } from './session-terms';

/** Where the refresh cookie is sent: nowhere but to the routes that sign in, refresh and sign out. */
const REFRESH_PATH = '/api/v1/auth';
/** Header that carries the token of the double submit. */
export const CSRF_HEADER = 'x-csrf-token';
/** Asks for cookies in place of tokens: `cookie`, or `cookie; remember=false`. */
export const MODE_HEADER = 'x-session-mode';
/** Longest life that browsers give a cookie (seconds). */
const LONGEST_COOKIE = 34_560_000;

const namesFor = ({ secureCookies }: Pick<Config, 'secureCookies'>) =>
  secureCookies
    ? { access: '__Host-mainstay-session', refresh: '__Secure-mainstay-refresh', csrf: '__Host-mainstay-csrf' }
    : { access: 'mainstay-session', refresh: 'mainstay-refresh', csrf: 'mainstay-csrf' };

const crossSite = (hint: string): AppError =>
  new AppError('auth.cross-site', 'forbidden', 'This request does not come from a page that may send it.', { hint });

/** Tokens as they leave, before cookies take their place. */
interface TokensInBody {
  accessToken: string;
  refreshToken: string;
  expiresIn: number;
  deviceToken?: string | null;
}

const areTokens = (payload: unknown): payload is TokensInBody =>
  typeof payload === 'object' && payload !== null && 'accessToken' in payload && 'refreshToken' in payload;

/**
 * Sessions of browsers, kept in cookies that no script reads. What a browser sends by itself proves nothing about the
 * page that made it: a change needs an allowed origin and a token that only such a page can read (signed double
 * submit, bound to the session).
 */
export class SessionCookies {
  private readonly names: ReturnType<typeof namesFor>;
  private readonly own: string;

  constructor(
    private readonly config: Config,
    private readonly keyring: Keyring,
  ) {
    this.names = namesFor(config);
    this.own = new URL(config.publicUrl).origin;
  }

  /** The access token in the cookies of a request or handshake, or null; an API key is none, it travels in a header alone. */
  accessToken(headers: IncomingHttpHeaders): string | null {
    const token = valueIn(headers.cookie, this.names.access);
    return token === null || looksLikeApiKey(token) ? null : token;
  }

  /** What the request asks for in place of tokens; undefined for tokens. */
  wanted(request: FastifyRequest, readsBody: boolean): { transport: 'cookie'; remember: boolean } | undefined {
    const header = request.headers[MODE_HEADER];
    if (typeof header === 'string' && /^cookie\b/.test(header))
      return { transport: 'cookie', remember: !/remember=false/.test(header) };
    if (!readsBody) return undefined;
    const body = request.body as { mode?: unknown; remember?: unknown } | null | undefined;
    return body?.mode === 'cookie' ? { transport: 'cookie', remember: body.remember !== false } : undefined;
  }

  /** True for our own pages and for those of origins that the installation allows. */
  isOwn(origin: string, headers: IncomingHttpHeaders): boolean {
    if (origin === this.own || this.config.corsOrigins.includes(origin)) return true;
    // A page of the very host that is asked: of a custom domain, or of any name in development.
    const url = URL.canParse(origin) ? new URL(origin) : null;
    return url !== null && url.host === headers.host && (url.protocol === 'https:' || !this.config.secureCookies);
  }

  /** @throws AppError 403 for a request that a foreign page made */
  assertOrigin(headers: IncomingHttpHeaders, allowed: (origin: string) => boolean = () => false): void {
    const { origin } = headers;
    const site = headers['sec-fetch-site'];
    const hint = 'Send it from a page of the installation, or of an origin that the organization allows.';
    if (origin !== undefined && (origin === 'null' || !(this.isOwn(origin, headers) || allowed(origin))))
      throw crossSite(hint);
    if (origin === undefined && site === 'cross-site') throw crossSite(hint);
  }

  /** @throws AppError 403 without the session's token of the double submit */
  assertToken(headers: IncomingHttpHeaders, sessionId: string): void {
    const sent = headers[CSRF_HEADER];
    const kept = valueIn(headers.cookie, this.names.csrf);
    const [random, mac] = (kept ?? '').split('.');
    const good =
      typeof sent === 'string' &&
      kept !== null &&
      mac !== undefined &&
      safeEqual(sent, kept) &&
      this.keyring.verifyHmac('csrf', `${sessionId}\n${random}`, Buffer.from(mac, 'base64url'));
    if (!good)
      throw new AppError('auth.csrf-token', 'forbidden', 'The token that protects this session is missing or wrong.', {
        hint: `Send the value of the cookie ${this.names.csrf} in the header X-CSRF-Token.`,
      });
  }

  /**
   * The refresh token in the cookies of a request, with the session that its page proved to belong to; null without.
   * @throws AppError 403 for a request that a foreign page made
   */
  refreshToken(request: FastifyRequest): { refreshToken: string; fits: (sessionId: string) => void } | null {
    const refreshToken = valueIn(request.headers.cookie, this.names.refresh);
    if (refreshToken === null) return null;
    this.assertOrigin(request.headers);
    return { refreshToken, fits: (sessionId) => this.assertToken(request.headers, sessionId) };
  }

  /** Puts tokens that leave into cookies where the client asked for it. */
  install(instance: FastifyInstance): void {
    instance.addHook('preSerialization', (request, reply, payload, done) => {
      done(null, areTokens(payload) ? this.handOut(request, reply, payload) : payload);
    });
    instance.addHook('onSend', (request, reply, payload, done) => {
      if (request.mainstay?.cookiesEnd && reply.statusCode < 300) this.clear(reply);
      done(null, payload);
    });
  }

  private handOut(request: FastifyRequest, reply: FastifyReply, tokens: TokensInBody): TokensInBody {
    const { headers } = request;
    const cookies = request.mainstay?.signIn?.transport === 'cookie';
    // A browser keeps the name of its device, also where its page keeps the tokens.
    if (tokens.deviceToken && (cookies || headers['sec-fetch-site'] !== undefined))
      void reply.setCookie(deviceCookie(this.config), tokens.deviceToken, this.options('/', 'lax', LONGEST_COOKIE));
    if (!cookies) return tokens;
    const terms: SessionTerms = termsOf(tokens);
    const keep = terms.remember ? terms.refreshSeconds : undefined;
    const random = newSecret(18);
    const csrf = `${random}.${this.keyring.hmac('csrf', `${terms.sessionId}\n${random}`).toString('base64url')}`;
    const { access, refresh, csrf: csrfName } = this.names;
    void reply.setCookie(access, tokens.accessToken, this.options('/', 'lax', keep && tokens.expiresIn));
    void reply.setCookie(refresh, tokens.refreshToken, this.options(REFRESH_PATH, 'strict', keep));
    void reply.setCookie(csrfName, csrf, { ...this.options('/', 'strict', keep), httpOnly: false });
    void reply.header('x-csrf-token', csrf);
    return { ...tokens, accessToken: '', refreshToken: '', deviceToken: null };
  }

  private clear(reply: FastifyReply): void {
    const { access, refresh, csrf } = this.names;
    for (const name of [access, csrf]) void reply.clearCookie(name, this.options('/', 'strict'));
    void reply.clearCookie(refresh, this.options(REFRESH_PATH, 'strict'));
  }

  private options(path: string, sameSite: 'lax' | 'strict', maxAge?: number): CookieSerializeOptions {
    return { path, sameSite, httpOnly: true, secure: this.config.secureCookies, ...(maxAge ? { maxAge } : {}) };
  }
}

/** One value of a Cookie field; the first of several of a name. Tokens need no decoding. */
function valueIn(field: string | undefined, name: string): string | null {
  for (const part of field?.split(';') ?? []) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim() || null;
  }
  return null;
}
