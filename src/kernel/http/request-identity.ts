import type { IncomingMessage } from 'node:http';
import { holdsCardNumber } from '../cards/card-number';
import { newId } from '../ids/ids';

const REQUEST_ID = /^[A-Za-z0-9_-]{8,128}$/;
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The client's `X-Request-Id` when it has the accepted form, else a new id. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) && !holdsCardNumber(given) ? given : newId();
}

/** A well-formed W3C `traceparent`, or undefined. */
export function traceparentOf(request: IncomingMessage): string | undefined {
  const given = request.headers.traceparent;
  return typeof given === 'string' && TRACEPARENT.test(given) ? given : undefined;
}
