import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error';
import { isUuid } from '../ids/ids';
import { logger } from '../telemetry/logger';
import { allowedMethods } from './method-table';
import { problemOf, toAppError } from './problem';
import { loggedPath, pathWithoutCards } from './request-context.hook';

/** Parameters of paths that are secrets: problems are logged and pasted by those who get them. */
const SECRET_PARAMETER = /token|secret|key$/i;

/** The path as the client sent it, without its query; secrets in it give way to their names. */
export function instanceOf(request: FastifyRequest): string {
  let path = pathWithoutCards(request.originalUrl ?? request.url);
  for (const [name, value] of Object.entries((request.params ?? {}) as Record<string, unknown>))
    if (SECRET_PARAMETER.test(name) && typeof value === 'string' && value !== '')
      path = path.replace(encodeURIComponent(value), `:${name}`).replace(value, `:${name}`);
  return path;
}

/** True when a path parameter that names an id is no UUID: such a thing cannot exist. */
function namesImpossibleId(request: FastifyRequest): boolean {
  const params = (request.params ?? {}) as Record<string, string>;
  return Object.entries(params).some(([name, text]) => /(?:^id|Id)$/.test(name) && !isUuid(String(text).toLowerCase()));
}

/** Decides what the client is told; looks at the request where the error alone does not say enough. */
function judge(error: unknown, request: FastifyRequest, reply: FastifyReply): AppError {
  const judged = toAppError(error);
  if (judged.code === 'http.route-not-found') {
    const allowed = allowedMethods(request.server, request.url);
    if (allowed.length > 0 && !allowed.includes(request.method)) {
      void reply.header('allow', allowed.join(', '));
      return new AppError('http.method-not-allowed', 'method-not-allowed', `${request.method} is not possible here.`, {
        hint: `Allowed: ${allowed.join(', ')}.`,
      });
    }
  }
  if (judged.code === 'request.invalid-value' && namesImpossibleId(request)) {
    return new AppError('request.not-found', 'not-found', 'There is no such thing.');
  }
  return judged;
}

/**
 * What a handler told of its content before that failed, a file at its first byte for one: a problem is none of it. A browser
 * would store it as that file, and unpack what was never packed.
 */
const OF_CONTENT = [
  'etag',
  'last-modified',
  'cache-control',
  'content-encoding',
  'content-disposition',
  'content-length',
  'accept-ranges',
];

/** Sends the problem document of `error`; the one place where an error becomes an answer. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const judged = judge(error, request, reply);
  if (judged.kind === 'internal') {
    logger.error(
      { err: error, requestId: request.id, method: request.method, path: loggedPath(request) },
      'request failed',
    );
  } else if ((error as { code?: string })?.code === '42501') {
    logger.error({ err: error, requestId: request.id }, 'the tenant wall refused a write');
  } else if (judged.kind === 'unavailable') {
    logger.warn({ err: error, requestId: request.id }, 'temporarily unavailable');
  }
  if (reply.sent) return;
  const { retryAfterSeconds } = judged.data;
  if (retryAfterSeconds !== undefined)
    void reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfterSeconds))));
  else if (judged.kind === 'unavailable') void reply.header('retry-after', '2');
  if (judged.kind === 'unauthenticated' && !reply.hasHeader('www-authenticate')) {
    void reply.header('www-authenticate', 'Bearer realm="mainstay"');
  }
  const body = JSON.stringify(problemOf(judged, instanceOf(request), request.id));
  for (const name of OF_CONTENT) void reply.removeHeader(name);
  // How long the content is, is told to whom asked for a part beyond it.
  if (judged.status !== 416) void reply.removeHeader('content-range');
  void reply.code(judged.status).type('application/problem+json').send(body);
}

/** The one exception filter: controllers, guards, pipes, the router and Fastify's parsers all end here. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}
