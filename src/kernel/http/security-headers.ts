import helmet from '@fastify/helmet';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Config } from '../config/config';
import { AppError } from '../errors/app-error';
import { isOwnCall } from './own-call';

/** What pages may load: their own files. `unsafe-inline` is for styles only (Swagger UI and Bull board need it). */
const PAGE_POLICY = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

/** What an API answer may do in a browser: nothing. */
export const API_POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";

export interface SecurityHeaders {
  /** Fields of every answer. */
  common: Record<string, string>;
  /** Content-Security-Policy of HTML pages. */
  pagePolicy: string;
}

/**
 * Asks helmet once, at boot, which fields it would set, and keeps them: running its dozen middlewares on every request
 * costs more than a whole read.
 */
export async function securityHeaders(config: Config): Promise<SecurityHeaders> {
  const probe = Fastify();
  await probe.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: PAGE_POLICY },
    crossOriginResourcePolicy: { policy: config.corsOrigins.length > 0 ? 'cross-origin' : 'same-origin' },
    // Not no-referrer: with it browsers send the Origin of our own forms as `null`.
    referrerPolicy: { policy: 'same-origin' },
    hsts: config.secureCookies ? { maxAge: 31_536_000, includeSubDomains: true } : false,
    frameguard: { action: 'deny' },
    xPoweredBy: false,
  });
  probe.get('/', (_request, reply) => reply.send(''));
  const { headers } = await probe.inject('/');
  await probe.close();
  const own = /^(?:x-|strict-transport|cross-origin|origin-agent|referrer-policy)/;
  const common = Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string] => own.test(entry[0]) && typeof entry[1] === 'string',
    ),
  );
  return { common, pagePolicy: String(headers['content-security-policy']) };
}

const PROBES = new Set(['/health/live', '/health/ready', '/metrics']);

/** Sends plain-HTTP visitors of an HTTPS installation to it. @returns true when the request was answered. */
export function redirectToHttps(config: Config, request: FastifyRequest, reply: FastifyReply): boolean {
  if (!config.httpsRedirect || request.protocol === 'https' || PROBES.has(request.url.split('?')[0])) return false;
  if (isOwnCall(request.headers)) return false;
  if (request.method === 'GET' || request.method === 'HEAD') {
    // Of what the client named only the path counts: `//host/` and `http://host/` would lead to that host.
    const path = request.originalUrl.replace(/^[a-z][\w+.-]*:\/\/[^/?#]*/i, '').replace(/^[/\\]+/, '/');
    void reply.redirect(new URL(config.publicUrl).origin + (path.startsWith('/') ? path : `/${path}`), 308);
    return true;
  }
  throw new AppError('http.https-required', 'invalid', 'Send this request over HTTPS.', {
    hint: `Use ${config.publicUrl}; do not send credentials over plain HTTP.`,
  });
}

/** Writes the fields of an answer: helmet's, the policy by kind of content, and no caching unless the route said so. */
export function installSecurityHeaders(instance: FastifyInstance, headers: SecurityHeaders): void {
  instance.addHook('onSend', (_request, reply, payload, done) => {
    void reply.headers(headers.common);
    const type = reply.getHeader('content-type');
    const isPage = typeof type === 'string' && type.startsWith('text/html');
    if (!reply.hasHeader('content-security-policy')) {
      void reply.header('content-security-policy', isPage ? headers.pagePolicy : API_POLICY);
    }
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
    done(null, payload);
  });
}

/** Options of a cookie of ours: for this site only, out of reach of scripts, secure behind HTTPS. */
export const cookieOptions = (config: Config, path = '/') =>
  ({ path, httpOnly: true, sameSite: 'strict', secure: config.secureCookies }) as const;
