import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { findCardNumber, holdsCardNumber, mayHoldCardNumber, mayHoldCardNumberBytes } from '../cards/card-number';
import { AppError } from '../errors/app-error';
import { logger } from '../telemetry/logger';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body is signed by its sender, who cannot mend it: card numbers in it are masked where it is kept. */
    masksCardNumbers?: boolean;
  }
}

/**
 * Fields that others on the way add and that carry long random numbers (traces, cookies of other sites' scripts). They
 * are neither kept nor logged; refusing one would lock out somebody who cannot change it.
 */
const OF_THE_WAY =
  /^(?:content-length|if-none-match|if-match|sec-websocket-.*|cf-.*|forwarded|x-forwarded-.*)$|trace|span|parent-?id|datadog|b3|sentry|baggage|newrelic/;

/** 400 that names the field and never what stood in it. `pointer` is a JSON pointer, or a name of the query or header. */
function cardNumberRefused(place: 'body' | 'query' | 'path' | 'header', pointer: string): AppError {
  logger.warn({ place, field: pointer }, 'a card number was sent here and refused');
  return new AppError(
    'request.card-number-refused',
    'invalid',
    'The request holds a payment card number. Card numbers are accepted in no field of this API; nothing was kept.',
    {
      hint: 'Pay with a token of the payment gateway’s own script. A number that is no card’s passes with a letter in front.',
      errors: [{ pointer, code: 'card-number', detail: `A card number stands in the ${place}.` }],
    },
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function inAddress(url: string): AppError | null {
  const plain = /[%+]/.test(url) ? decoded(url.replaceAll('+', ' ')) : url;
  if (!mayHoldCardNumber(plain)) return null;
  const [path, query] = url.split('?', 2);
  if (
    decoded(path)
      .split('/')
      .some((part) => holdsCardNumber(part))
  )
    return cardNumberRefused('path', '');
  for (const [name, value] of new URLSearchParams(query ?? '')) {
    if (holdsCardNumber(name)) return cardNumberRefused('query', '');
    if (holdsCardNumber(value, name)) return cardNumberRefused('query', name);
  }
  return null;
}

/** Long, and compared with what is known instead of being kept. */
const CREDENTIALS = new Set(['authorization', 'cookie']);

function inHeaders(headers: IncomingHttpHeaders): AppError | null {
  for (const name in headers) {
    if (CREDENTIALS.has(name)) continue;
    const value = String(headers[name]);
    if (mayHoldCardNumber(value) && !OF_THE_WAY.test(name) && holdsCardNumber(value, name))
      return cardNumberRefused('header', name);
  }
  return null;
}

/** What is wrong with the address or the header fields of a request, before anything is done with it; null: nothing. */
export const cardNumberInHead = (request: FastifyRequest): AppError | null =>
  inAddress(request.originalUrl) ?? inHeaders(request.headers);

/**
 * Looks through a body that was read. `bytes` spare nearly every body the second look.
 * @throws AppError 400 `request.card-number-refused`
 */
export function refuseCardNumbers(request: FastifyRequest, value: unknown, bytes: Buffer): void {
  // Digits may hide behind escapes.
  if (!mayHoldCardNumberBytes(bytes) && !bytes.includes('\\u') && !bytes.includes('%')) return;
  if (request.routeOptions.config?.masksCardNumbers) return;
  const pointer = findCardNumber(value);
  if (pointer !== null) throw cardNumberRefused('body', pointer);
}
