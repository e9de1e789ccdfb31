import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error';
import type { Config } from '../config/config';
import { refuseCardNumbers } from './card-guard';
import { isPrototypeName, parseQuery, QUERY_FAULT } from './query-string';

const MAX_DEPTH = 32;
const utf8 = new TextDecoder('utf-8', { fatal: true });

const bad = (code: string, detail: string, pointer = '', hint?: string): AppError =>
  new AppError('request.invalid', 'invalid', detail, {
    errors: [{ pointer, code, detail }],
    ...(hint ? { hint } : {}),
  });

/** Text of the bytes. @throws AppError 400 when they are no UTF-8 or contain NUL. */
export function decodeText(bytes: Buffer): string {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw bad('encoding', 'The body is not valid UTF-8.');
  }
  if (text.includes('\0')) throw bad('characters', 'The body contains a NUL character.');
  return text;
}

const HALF_PAIR = /\p{Surrogate}/u;

/** Walks a parsed value: limits its depth, refuses prototype keys and text that PostgreSQL cannot store. */
function inspect(value: unknown, pointer: string, depth: number): void {
  if (typeof value === 'string') {
    if (value.includes('\0') || HALF_PAIR.test(value)) {
      throw bad('characters', 'Text must not contain NUL or half of a surrogate pair.', pointer);
    }
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw bad('too-deep', `JSON may be nested at most ${MAX_DEPTH} levels deep.`, pointer);
  for (const key of Object.keys(value)) {
    const own = (value as Record<string, unknown>)[key];
    if (isPrototypeName(key)) throw bad('forbidden-key', `A field cannot be named "${key}".`, `${pointer}/${key}`);
    inspect(key, pointer, depth);
    inspect(own, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1);
  }
}

/** What `inspect` would find nothing wrong with, told in a fraction of its time; the text of the value has no escape of a character by its number. */
function isFine(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((member) => isFine(member, depth + 1));
  for (const key of Object.keys(value))
    if (isPrototypeName(key) || !isFine((value as Record<string, unknown>)[key], depth + 1)) return false;
  return true;
}

/**
 * JSON of a request. An empty body is undefined, so that actions without a body accept any JSON client.
 * @throws AppError 400 naming what is wrong, never echoing the body.
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  const text = decodeText(bytes);
  let value: unknown;
  try {
    // Own `__proto__` keys are plain properties after JSON.parse; `inspect` refuses them.
    value = JSON.parse(text);
  } catch (error) {
    const position = / position (\d+)/.exec((error as Error).message)?.[1];
    throw bad('malformed-json', `The body is not valid JSON${position ? ` (near character ${position})` : ''}.`);
  }
  // NUL and half pairs are not in the text, so that they could only come by an escape.
  if (text.includes('\\u') || !isFine(value, 0)) inspect(value, '', 0);
  return value;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The bytes of a JSON or text body as received (webhook signatures are verified on them). */
    rawBody?: Buffer;
  }
  interface FastifyContextConfig {
    /** Media types that this route reads besides JSON. */
    consumes?: string[];
    /** Bytes of a body that this route reads at least, also where the operator allows less elsewhere. */
    readsBytes?: number;
  }
}

/** A workbook (ECMA-376). */
const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
/** Tracks of receivers (GPX 1.1). */
const GPX_TYPE = 'application/gpx+xml';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/;

/**
 * Refuses a body of a type that the route does not read, before its bytes are received.
 * JSON is read everywhere; anything else only where the route says so with `@Consumes()`.
 * @throws AppError 415
 */
export function assertMediaType(request: FastifyRequest): void {
  const { headers } = request;
  const empty = headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
  if (empty) return;
  const mediaType = (headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
  const consumes = request.routeOptions.config?.consumes;
  if (!JSON_TYPE.test(mediaType) && !consumes?.includes(mediaType)) throw unsupported(consumes);
  const charset = /charset="?([\w-]+)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset && !/^utf-?8$/i.test(charset)) throw unsupported(consumes);
}

/** 415 that names what is read here. */
export const unsupported = (consumes: string[] = []): AppError =>
  new AppError('request.unsupported-media-type', 'unsupported-media-type', 'This media type is not read here.', {
    hint: `Send Content-Type: ${['application/json', ...consumes].join(' or ')}.`,
  });

/** Installs the parsers: strict JSON everywhere; forms and CSV only where a route declared them. */
export function installBodyParsers(instance: FastifyInstance, config: Config): void {
  instance.addHook('onRoute', (route) => {
    const { readsBytes } = route.config ?? {};
    if (readsBytes !== undefined) route.bodyLimit = Math.max(readsBytes, config.bodyLimitBytes);
  });
  // Only Fastify's own: multipart forms have a parser already.
  instance.removeContentTypeParser(['application/json', 'text/plain']);
  const buffer = { parseAs: 'buffer' as const };
  const uploads = { ...buffer, bodyLimit: config.uploadLimitBytes };
  instance.addContentTypeParser(
    /^application\/(?:json|[\w.-]+\+json)(?:\s*;|$)/i,
    buffer,
    (request, body: Buffer, done) => {
      try {
        request.rawBody = body;
        const value = parseJson(body);
        refuseCardNumbers(request, value, body);
        done(null, value);
      } catch (error) {
        done(error as Error);
      }
    },
  );
  instance.addContentTypeParser('application/x-www-form-urlencoded', buffer, (request, body: Buffer, done) => {
    try {
      const form = parseQuery(decodeText(body));
      if (form[QUERY_FAULT]) throw form[QUERY_FAULT];
      refuseCardNumbers(request, form, body);
      done(null, form);
    } catch (error) {
      done(error as Error);
    }
  });
  for (const mediaType of ['text/csv', 'text/plain']) {
    instance.addContentTypeParser(mediaType, uploads, (request, body: Buffer, done) => {
      try {
        request.rawBody = body;
        const text = decodeText(body);
        // Rows of a table are looked at one by one where they are read: one wrong row refuses itself alone.
        if (mediaType !== 'text/csv') refuseCardNumbers(request, text, body);
        done(null, text);
      } catch (error) {
        done(error as Error);
      }
    });
  }
  // Read as it arrives, by the one route that takes it: it may be larger than the memory.
  instance.addContentTypeParser('application/offset+octet-stream', (_request, payload, done) => done(null, payload));
  // Told apart and judged by their bytes where they are read.
  for (const mediaType of [XLSX_TYPE, GPX_TYPE])
    instance.addContentTypeParser(mediaType, uploads, (request, body: Buffer, done) => {
      request.rawBody = body;
      done(null, body);
    });
}
