/** What went wrong in the words of the wire: decides the HTTP status, the Socket.IO ack and how a job fails. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'conflict'
  | 'gone'
  | 'precondition-failed'
  | 'precondition-required'
  | 'too-large'
  | 'unsupported-media-type'
  | 'range-not-satisfiable'
  | 'checksum-mismatch'
  | 'unprocessable'
  | 'too-many'
  | 'unavailable'
  | 'internal';

/** HTTP status of each kind (RFC 9110, RFC 6585; 460 is of the tus protocol). */
export const STATUS_OF_KIND: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  gone: 410,
  'precondition-failed': 412,
  'precondition-required': 428,
  'too-large': 413,
  'unsupported-media-type': 415,
  'range-not-satisfiable': 416,
  unprocessable: 422,
  'too-many': 429,
  'checksum-mismatch': 460,
  unavailable: 503,
  internal: 500,
};

/** One fault of one field: `pointer` is a JSON pointer (RFC 6901) into the body, or the name of a query parameter. */
export interface FieldError {
  pointer: string;
  code: string;
  detail: string;
}

/** Extra facts of an error; everything besides `hint`, `errors` and `retryAfterSeconds` becomes an extension member of the problem. */
export interface ErrorData {
  hint?: string;
  errors?: FieldError[];
  /** Seconds after which the same request may succeed; sent as Retry-After. */
  retryAfterSeconds?: number;
  [extension: string]: unknown;
}

/**
 * The one error that contexts throw. `code` is `<context>.<kebab-case>` and stable; `detail` is a sentence for a person
 * and never contains SQL, table names or secrets.
 */
export class AppError extends Error {
  constructor(
    readonly code: string,
    readonly kind: ErrorKind,
    readonly detail: string,
    readonly data: ErrorData = {},
  ) {
    super(`${code}: ${detail}`);
    this.name = 'AppError';
  }

  get status(): number {
    return STATUS_OF_KIND[this.kind];
  }
}

/** 404: also the answer for another tenant's row. */
export const notFound = (code: string, detail: string, data?: ErrorData): AppError =>
  new AppError(code, 'not-found', detail, data);

/** 409: a rule is broken, the row is stale, or the same work is still running. */
export const conflict = (code: string, detail: string, data?: ErrorData): AppError =>
  new AppError(code, 'conflict', detail, data);

/** 400: the request itself is wrong. */
export const invalid = (code: string, detail: string, data?: ErrorData): AppError =>
  new AppError(code, 'invalid', detail, data);
