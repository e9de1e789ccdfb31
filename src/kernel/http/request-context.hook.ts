import type { FastifyInstance, FastifyRequest } from 'fastify';
import { GUEST } from '../auth/principal';
import { maskCardNumbers } from '../cards/card-number';
import { enterContext, maybeContext, type RequestContext } from '../context/request-context';
import { isUuid } from '../ids/ids';
import { logger } from '../telemetry/logger';
import { observeRequest } from '../telemetry/metrics';
import { openServerSpan, type OpenSpan } from '../telemetry/tracing';
import { traceparentOf } from './request-identity';

declare module 'fastify' {
  interface FastifyRequest {
    /** The context that this request's work runs in. */
    mainstay: RequestContext;
    serverSpan?: OpenSpan;
  }
}

/** Paths whose successful answers are only logged while debugging: probes come every second. */
const QUIET = new Set(['/health/live', '/health/ready', '/metrics']);

const HINTS = ['sec-ch-ua', 'sec-ch-ua-platform', 'sec-ch-ua-mobile'];

/** The client hints of a request as one text, or undefined. */
function hintsOf(request: FastifyRequest): string | undefined {
  if (request.headers['sec-ch-ua-platform'] === undefined) return undefined;
  return HINTS.map((name) => String(request.headers[name] ?? ''))
    .join('|')
    .slice(0, 300);
}

function contextOf(request: FastifyRequest): RequestContext {
  const agent = request.headers['user-agent'];
  return {
    requestId: request.id,
    tenantId: null,
    principal: GUEST,
    traceparent: traceparentOf(request.raw),
    ip: request.ip,
    userAgent: typeof agent === 'string' ? agent.slice(0, 300) : undefined,
    clientHints: hintsOf(request),
    sql: { trips: 0, statements: 0, commits: 0, milliseconds: 0 },
  };
}

/** The path of an address, without its query and without card numbers. */
export function pathWithoutCards(url: string): string {
  const [path] = url.split('?');
  const plain = path.includes('%') ? unescaped(path) : path;
  const masked = maskCardNumbers(plain);
  return masked === plain ? path : encodeURI(masked);
}

function unescaped(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/** The path for the log: ids are kept, other values of parameters (tokens, cart secrets) give way to their names. */
export function loggedPath(request: FastifyRequest): string {
  const route = request.routeOptions.url;
  if (route === undefined) return pathWithoutCards(request.originalUrl).slice(0, 200);
  const params = (request.params ?? {}) as Record<string, string>;
  return route.replace(/:(\w+)/g, (name, key: string) => (isUuid(params[key]) ? params[key] : name));
}

function logAnswer(request: FastifyRequest, status: number, milliseconds: number): void {
  const route = request.routeOptions.url;
  const quiet = route !== undefined && QUIET.has(route) && status < 400;
  const level = quiet ? 'debug' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const { tenantId, principal, ip } = request.mainstay;
  const entry = {
    requestId: request.id,
    method: request.method,
    route: route ?? null,
    path: loggedPath(request),
    status,
    milliseconds: Math.round(milliseconds * 10) / 10,
    ...(tenantId === null ? {} : { tenantId }),
    ...(principal.userId === null ? {} : { principal: principal.userId }),
    client: ip,
  };
  logger[level](entry, 'request');
}

/**
 * Enters the context of each request and keeps it: parsing the body leaves the asynchronous context of the first hook,
 * so it is entered again behind it. Counts, logs and traces the answer.
 */
export function installRequestContext(instance: FastifyInstance, showTimings: boolean): void {
  instance.decorateRequest('mainstay', null as unknown as RequestContext);
  instance.decorateRequest('serverSpan', undefined);
  instance.addHook('onRequest', (request, reply, done) => {
    const context = contextOf(request);
    request.mainstay = context;
    void reply.header('x-request-id', request.id);
    const span = openServerSpan(request.method, context.traceparent);
    if (!span) return enterContext(context, done);
    request.serverSpan = span;
    context.traceparent = span.traceparent;
    span.run(() => enterContext(context, done));
  });
  instance.addHook('preValidation', (request, _reply, done) => {
    // Without a body nothing was left.
    if (maybeContext() === request.mainstay) return done();
    const enter = (): void => enterContext(request.mainstay, done);
    if (request.serverSpan) request.serverSpan.run(enter);
    else enter();
  });
  if (showTimings) {
    instance.addHook('onSend', (request, reply, payload, done) => {
      const { sql } = request.mainstay ?? {};
      if (sql && sql.trips > 0) {
        const desc = `trips=${sql.trips} statements=${sql.statements} commits=${sql.commits}`;
        void reply.header('server-timing', `db;dur=${sql.milliseconds.toFixed(2)};desc="${desc}"`);
      }
      done(null, payload);
    });
  }
  instance.addHook('onResponse', (request, reply, done) => {
    const { elapsedTime, statusCode } = reply;
    const route = request.routeOptions.url;
    observeRequest(request.method, route, statusCode, elapsedTime / 1000);
    request.serverSpan?.end(
      route ? `${request.method} ${route}` : request.method,
      {
        'http.request.method': request.method,
        'http.response.status_code': statusCode,
        ...(route ? { 'http.route': route } : {}),
      },
      statusCode >= 500,
    );
    // A request that was refused before the first hook ran has no context.
    if (request.mainstay) logAnswer(request, statusCode, elapsedTime);
    done();
  });
}
