import { HttpException } from '@nestjs/common';
import { AppError, STATUS_OF_KIND, type ErrorData, type ErrorKind, type FieldError } from '../errors/app-error';
import { AmountOutOfRange } from '../money/money';

/** The body of every error answer (RFC 9457, `application/problem+json`). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  hint: string | null;
  requestId: string;
  retryable: boolean;
  errors: FieldError[];
  [extension: string]: unknown;
}

const TITLE_OF_KIND: Record<ErrorKind, string> = {
  invalid: 'Invalid request',
  unauthenticated: 'Not signed in',
  forbidden: 'Not allowed',
  'not-found': 'Not found',
  'method-not-allowed': 'Method not allowed',
  conflict: 'Conflict',
  gone: 'Gone',
  'precondition-failed': 'Precondition failed',
  'precondition-required': 'Precondition required',
  'too-large': 'Too large',
  'unsupported-media-type': 'Unsupported media type',
  'range-not-satisfiable': 'Range not satisfiable',
  'checksum-mismatch': 'Checksum mismatch',
  unprocessable: 'Unprocessable',
  'too-many': 'Too many requests',
  unavailable: 'Temporarily unavailable',
  internal: 'Internal error',
};

const KIND_OF_STATUS = new Map(Object.entries(STATUS_OF_KIND).map(([kind, status]) => [status, kind as ErrorKind]));
const kindOf = (status: number): ErrorKind => KIND_OF_STATUS.get(status) ?? (status >= 500 ? 'internal' : 'invalid');

/** What an unexpected error says to a client: the request id and nothing else. */
const internal = (): AppError =>
  new AppError('http.internal', 'internal', 'Something went wrong on our side.', {
    hint: 'Quote the request id when you ask for help.',
  });

type Make = (detail: string, data?: ErrorData) => AppError;
/** Errors of libraries that only have a status. */
const OF_KIND: Record<Exclude<ErrorKind, 'internal'>, Make> = {
  invalid: (detail, data) => new AppError('http.invalid', 'invalid', detail, data),
  unauthenticated: (detail, data) => new AppError('http.unauthenticated', 'unauthenticated', detail, data),
  forbidden: (detail, data) => new AppError('http.forbidden', 'forbidden', detail, data),
  'not-found': (detail, data) => new AppError('http.not-found', 'not-found', detail, data),
  'method-not-allowed': (detail, data) => new AppError('http.method-not-allowed', 'method-not-allowed', detail, data),
  conflict: (detail, data) => new AppError('http.conflict', 'conflict', detail, data),
  gone: (detail, data) => new AppError('http.gone', 'gone', detail, data),
  'precondition-failed': (detail, data) =>
    new AppError('http.precondition-failed', 'precondition-failed', detail, data),
  'precondition-required': (detail, data) =>
    new AppError('http.precondition-required', 'precondition-required', detail, data),
  'too-large': (detail, data) => new AppError('http.too-large', 'too-large', detail, data),
  'unsupported-media-type': (detail, data) =>
    new AppError('http.unsupported-media-type', 'unsupported-media-type', detail, data),
  'range-not-satisfiable': (detail, data) =>
    new AppError('http.range-not-satisfiable', 'range-not-satisfiable', detail, data),
  'checksum-mismatch': (detail, data) => new AppError('http.checksum-mismatch', 'checksum-mismatch', detail, data),
  unprocessable: (detail, data) => new AppError('http.unprocessable', 'unprocessable', detail, data),
  'too-many': (detail, data) => new AppError('http.too-many', 'too-many', detail, data),
  unavailable: (detail, data) => new AppError('http.unavailable', 'unavailable', detail, data),
};

/** Fastify's own errors by code; anything else of Fastify's goes by its status. */
const FASTIFY: Record<string, () => AppError> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new AppError('request.too-large', 'too-large', 'The body is larger than this route accepts.'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new AppError('request.unsupported-media-type', 'unsupported-media-type', 'This media type is not read here.', {
      hint: 'Send Content-Type: application/json.',
    }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new AppError('request.invalid', 'invalid', 'The body does not have the length that Content-Length says.'),
  FST_ERR_BAD_URL: () => new AppError('request.invalid', 'invalid', 'The address is not percent-encoded UTF-8.'),
  FST_ERR_MAX_PARAM_LENGTH: () =>
    new AppError('http.route-not-found', 'not-found', 'There is nothing at this address.'),
  FST_ERR_HANDLER_TIMEOUT: () =>
    new AppError('http.timeout', 'unavailable', 'The request took too long.', { retryAfterSeconds: 5 }),
  FST_REQ_FILE_TOO_LARGE: () =>
    new AppError('request.too-large', 'too-large', 'The file is larger than this route accepts.'),
};

const value = (detail: string): AppError => new AppError('request.invalid-value', 'invalid', detail);
const busy = (detail: string, seconds = 2): AppError =>
  new AppError('database.unavailable', 'unavailable', detail, { retryAfterSeconds: seconds });

/** Errors of PostgreSQL (SQLSTATE) that a client can cause or that pass; the rest are faults of ours. */
const SQLSTATE: Record<string, () => AppError> = {
  '22P02': () => value('A value does not have the form that is expected here.'),
  '22003': () => value('A number is out of range.'),
  '22001': () => value('A text is too long.'),
  '22007': () => value('A date or time is not valid.'),
  '22008': () => value('A date or time is out of range.'),
  '22021': () => value('A text contains characters that cannot be stored.'),
  '22P05': () => value('A text contains characters that cannot be stored.'),
  '23502': () => value('A required value is missing.'),
  '23503': () =>
    new AppError('request.conflict', 'conflict', 'Something that this refers to does not exist or is still in use.'),
  '23505': () => new AppError('request.duplicate', 'conflict', 'Something with the same unique value exists already.'),
  '23514': () => new AppError('request.rule-broken', 'conflict', 'The change would break a rule of the stored data.'),
  '23P01': () => new AppError('request.conflict', 'conflict', 'The change overlaps something that exists already.'),
  // A row of another tenant was about to be written: to the caller it does not exist.
  '42501': () => new AppError('request.not-found', 'not-found', 'There is no such thing.'),
  '40001': () => busy('Too many changes at the same time.', 1),
  '40P01': () => busy('Too many changes at the same time.', 1),
  '55P03': () => busy('What this would change is being changed by another request.', 1),
  '57014': () => busy('The database took too long.'),
  '53300': () => busy('The database has no free connection.'),
};

const CONNECTION = /^(?:08...|57P..|53...)$/;
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH', 'EAI_AGAIN']);
const LOST =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|The client is closed|Cannot use a pool after)/;

/** The error of the driver beneath TypeORM's wrapper, with its SQLSTATE. */
function driverError(error: unknown): { code?: string; message?: string } | undefined {
  const outer = error as { driverError?: unknown; code?: unknown; message?: string };
  const inner = (outer?.driverError ?? outer) as { code?: string; message?: string };
  return typeof inner === 'object' && inner !== null ? inner : undefined;
}

/** A PostgreSQL or connection error in the words of the wire, or undefined when it is none. Never says SQL or names. */
export function fromDatabase(error: unknown): AppError | undefined {
  const driver = driverError(error);
  if (!driver) return undefined;
  const code = typeof driver.code === 'string' ? driver.code : '';
  if (Object.hasOwn(SQLSTATE, code)) return SQLSTATE[code]();
  if (CONNECTION.test(code) || SOCKET.has(code) || LOST.test(driver.message ?? '')) {
    return busy('The database cannot be reached.');
  }
  return undefined;
}

/** Any thrown value as an `AppError`. Errors that say nothing safe become `internal`. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof AmountOutOfRange) {
    return new AppError('money.out-of-range', 'unprocessable', 'The amount of money is too large.', {
      hint: 'Ask for fewer pieces.',
    });
  }
  if (error instanceof HttpException) return fromHttpException(error);
  const { code, statusCode, message } = (error ?? {}) as { code?: unknown; statusCode?: unknown; message?: unknown };
  if (typeof code === 'string' && Object.hasOwn(FASTIFY, code)) return FASTIFY[code]();
  const database = fromDatabase(error);
  if (database) return database;
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    const kind = kindOf(statusCode) as keyof typeof OF_KIND;
    return OF_KIND[kind](typeof message === 'string' ? message : TITLE_OF_KIND[kind]);
  }
  return internal();
}

/** Nest's own exceptions: ours never reach here, so these come from pipes, guards of libraries and the router. */
function fromHttpException(error: HttpException): AppError {
  const status = error.getStatus();
  const kind = kindOf(status);
  if (kind === 'internal') return internal();
  if (status === 404 && /^Cannot [A-Z]+ /.test(error.message)) {
    return new AppError('http.route-not-found', 'not-found', 'There is nothing at this address.');
  }
  // The adapter wraps Fastify's errors.
  const { code } = (error.cause ?? {}) as { code?: unknown };
  if (typeof code === 'string' && Object.hasOwn(FASTIFY, code)) return FASTIFY[code]();
  const body = error.getResponse();
  const messages =
    typeof body === 'object' && Array.isArray((body as { message?: unknown }).message)
      ? ((body as { message: unknown[] }).message.filter((line) => typeof line === 'string') as string[])
      : [];
  return OF_KIND[kind](messages[0] ?? (error.message || TITLE_OF_KIND[kind]), {
    errors: messages.map((detail) => ({ pointer: '', code: 'invalid', detail })),
  });
}

/** The problem document of an error. `instance` is the path that the client used, without its query. */
export function problemOf(error: AppError, instance: string, requestId: string): Problem {
  const { hint, errors, retryAfterSeconds, retryable, cause: _cause, ...extensions } = error.data;
  return {
    ...(error.kind === 'internal' ? {} : extensions),
    type: `urn:mainstay:problem:${error.kind === 'internal' ? 'http.internal' : error.code}`,
    title: TITLE_OF_KIND[error.kind],
    status: error.status,
    detail: error.kind === 'internal' ? 'Something went wrong on our side.' : error.detail,
    instance,
    code: error.kind === 'internal' ? 'http.internal' : error.code,
    hint: hint ?? null,
    requestId,
    retryable: typeof retryable === 'boolean' ? retryable : error.kind === 'too-many' || error.kind === 'unavailable',
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    errors: errors ?? [],
  };
}
