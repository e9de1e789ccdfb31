import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import multipart, { type FastifyMultipartOptions } from '@fastify/multipart';
import { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { AccessFacts } from '../auth/ports';
import { SessionCookies } from '../auth/session-cookies';
import type { Config } from '../config/config';
import { Keyring } from '../crypto/keyring';
import { AppError } from '../errors/app-error';
import { configureLogger, logger } from '../telemetry/logger';
import { NestLogger } from '../telemetry/nest-logger';
import { startTracing } from '../telemetry/tracing';
import { AllowedOrigins } from './allowed-origins';
import { cardNumberInHead } from './card-guard';
import { assertMediaType, installBodyParsers } from './body-parsers';
import { allowedMethods, optionsFields, recordMethods } from './method-table';
import { serveApiDocument } from './openapi-document';
import { sendProblem } from './problem.filter';
import { problemOf } from './problem';
import { parseQuery, QUERY_FAULT, type ParsedQuery } from './query-string';
import { requestIdOf } from './request-identity';
import { installRequestContext } from './request-context.hook';
import { canonicalUrl } from './rewrite-url';
import { servedModule, VERSIONING } from './served-module';
import { API_POLICY, installSecurityHeaders, redirectToHttps, securityHeaders } from './security-headers';
import { runPipesSynchronously } from './synchronous-pipes';
import { newId } from '../ids/ids';

/** Smaller answers are sent as they are: compressing them costs more time than it saves (bytes). */
const COMPRESS_FROM = 4096;
/** Longest address that is read (bytes). */
const MAX_URL = 8192;

/** Fields of resumable uploads (tus 1.0). */
const TUS_REQUEST = ['Tus-Resumable', 'Upload-Length', 'Upload-Offset', 'Upload-Metadata', 'Upload-Checksum'];
const TUS_ANSWER = [
  'Tus-Resumable',
  'Tus-Version',
  'Upload-Length',
  'Upload-Offset',
  'Upload-Metadata',
  'Upload-Expires',
];

/**
 * Builds the HTTP application over `module` (the product, or a test's): everything CONVENTIONS say of requests and
 * answers. The caller initialises and listens. Routes are under `/api/v1`; a controller with `version: VERSION_NEUTRAL`
 * (`@RootController`) is at exactly its path.
 */
export async function createHttpApp(module: Type | DynamicModule, config: Config): Promise<NestFastifyApplication> {
  runPipesSynchronously();
  await configureLogger(config);
  await startTracing(config);
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf,
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    bodyLimit: config.bodyLimitBytes,
    routerOptions: { querystringParser: parseQuery as never, maxParamLength: 500, ignoreTrailingSlash: true },
    rewriteUrl: (request) => canonicalUrl(request.url ?? '/'),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void reply.header('x-request-id', request.id);
      sendProblem(error, request, reply);
    },
    clientErrorHandler: answerBrokenClient,
    return503OnClosing: false,
    exposeHeadRoutes: true,
    requestTimeout: 60_000,
    keepAliveTimeout: 75_000,
  } as ConstructorParameters<typeof FastifyAdapter>[0]);
  const instance = adapter.getInstance() as unknown as FastifyInstance;
  // Each request's lines carry its id by the logger's mixin; a child logger per request would be one more object.
  instance.setChildLoggerFactory((parent) => parent);
  recordMethods(instance);
  installRequestContext(instance, !config.isProduction);
  installGate(instance, config);
  installSecurityHeaders(instance, await securityHeaders(config));
  const origins = new AllowedOrigins(config);
  await installPlugins(instance, config, origins);
  new SessionCookies(config, Keyring.of(config)).install(instance);

  const app = await NestFactory.create<NestFastifyApplication>(servedModule(module), adapter, {
    logger: new NestLogger(),
    bodyParser: false,
    abortOnError: false,
  });
  origins.ask(() => app.get(AccessFacts, { strict: false }));
  installBodyParsers(instance, config);
  app.enableVersioning(VERSIONING);
  serveApiDocument(instance);
  return app;
}

/** What a process answers that does not serve the API: probes, metrics and what it is. */
const WITHOUT_API = /^\/(?:health(?:\/live|\/ready)?|metrics|api\/(?:v1\/)?(?:status|metrics))(?:\?|$)/;

/** What is refused before a route runs: plain HTTP, long or unreadable addresses, queries, unread media types. */
function installGate(instance: FastifyInstance, config: Config): void {
  instance.addHook('onRequest', (request, reply, done) => {
    try {
      if (redirectToHttps(config, request, reply)) return;
      const url = request.originalUrl;
      if (!config.roles.has('api') && !WITHOUT_API.test(url)) {
        throw new AppError('http.route-not-found', 'not-found', 'There is nothing at this address.', {
          hint: 'This process does not have the role `api` (MAINSTAY_ROLES).',
        });
      }
      if (url.length > MAX_URL || /%00/.test(url)) {
        throw new AppError('request.invalid', 'invalid', 'The address is too long or contains a NUL character.');
      }
      const card = cardNumberInHead(request);
      if (card) throw card;
      if (!request.is404) {
        const fault = (request.query as ParsedQuery | undefined)?.[QUERY_FAULT];
        if (fault) throw fault;
        assertMediaType(request);
      }
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}

async function installPlugins(instance: FastifyInstance, config: Config, origins: AllowedOrigins): Promise<void> {
  await instance.register(cookie);
  // OPTIONS that is no preflight: what the path answers to. Before CORS, which would answer for every path.
  instance.addHook('onRequest', (request, reply, done) => {
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] !== undefined) return done();
    const allowed = allowedMethods(instance, request.url);
    if (allowed.length === 0)
      return done(new AppError('http.route-not-found', 'not-found', 'There is nothing at this address.'));
    void reply
      .code(204)
      .header('allow', [...allowed, 'OPTIONS'].join(', '))
      .headers(optionsFields(instance, request.url))
      .send();
  });
  await instance.register(cors, {
    origin: (origin: string | undefined, answer: (error: Error | null, allowed: boolean) => void) =>
      void origins.allows(origin).then(
        (allowed) => answer(null, allowed),
        (error: Error) => answer(error, false),
      ),
    credentials: true,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'X-Request-Id',
      'X-Tenant',
      'X-Order-Token',
      'X-Device',
      'X-Session-Mode',
      'X-CSRF-Token',
      'traceparent',
      ...TUS_REQUEST,
    ],
    exposedHeaders: [
      'X-Request-Id',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'Idempotency-Replayed',
      'ETag',
      'Location',
      'X-CSRF-Token',
      'WWW-Authenticate',
      'Content-Disposition',
      'Content-Range',
      ...TUS_ANSWER,
    ],
    maxAge: 600,
    strictPreflight: false,
  });
  await instance.register(compress, {
    threshold: COMPRESS_FROM,
    encodings: ['br', 'gzip', 'identity'],
    // Level 4 instead of Brotli's 11: a tenth of the time for a few percent more bytes.
    brotliOptions: { params: { 1: 4 } },
    globalDecompression: false,
  });
  await instance.register(multipartForMultipart, {
    limits: { fileSize: config.uploadLimitBytes, files: 10, fields: 50, fieldSize: 64 * 1024, parts: 60 },
    throwFileSizeLimit: true,
  });
}

type AsyncHook = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

type Plugin = (instance: FastifyInstance, options: FastifyMultipartOptions, done: (error?: Error) => void) => void;

/** `@fastify/multipart`, whose asynchronous hooks run for multipart bodies alone instead of holding up every request. */
const multipartForMultipart: Plugin = (instance, options, done) => {
  const isMultipart = ({ headers }: FastifyRequest): boolean =>
    headers['content-type']?.toLowerCase().startsWith('multipart/') ?? false;
  const addHook = instance.addHook.bind(instance) as (name: string, hook: unknown) => FastifyInstance;
  const sparing = Object.create(instance, {
    addHook: {
      value: (name: string, hook: AsyncHook) =>
        addHook(name, (request: FastifyRequest, reply: FastifyReply, next: (error?: Error) => void) => {
          if (!isMultipart(request)) return next();
          hook(request, reply).then(() => next(), next);
        }),
    },
  }) as FastifyInstance;
  (multipart as unknown as Plugin)(sparing, options, done);
};
// As fastify-plugin does: what it decorates is for the whole application.
Object.assign(multipartForMultipart, { [Symbol.for('skip-override')]: true });

const CLIENT_ERRORS: Record<string, [status: number, code: string, detail: string]> = {
  HPE_HEADER_OVERFLOW: [431, 'http.headers-too-large', 'The header fields are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'http.request-timeout', 'The request did not arrive in time.'],
};
const REASONS: Record<number, string> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** Answers what is no HTTP request at all: there is no reply object yet, so the problem goes to the socket. */
function answerBrokenClient(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, code, detail] = CLIENT_ERRORS[error.code ?? ''] ?? [
    400,
    'http.malformed',
    'This is no valid HTTP request.',
  ];
  const requestId = newId();
  const problem = { ...problemOf(new AppError(code, 'invalid', detail), '/', requestId), status };
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status]}\r\nContent-Type: application/problem+json\r\nX-Request-Id: ${requestId}\r\n` +
      `X-Content-Type-Options: nosniff\r\nContent-Security-Policy: ${API_POLICY}\r\nCache-Control: no-store\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
