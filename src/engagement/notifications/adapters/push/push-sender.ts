import type { PushAnswer, PushMessage, PushProvider } from '../../domain/push';

/** Hands messages to one push service: the port behind which it stands. */
export abstract class PushSender {
  abstract readonly provider: PushProvider;
  /** False where it is not set up: its tokens are kept, and nothing is sent to them. */
  abstract readonly isConfigured: boolean;
  /** Messages a minute that all processes together may hand over; null where nobody said. */
  abstract readonly perMinute: number | null;

  /**
   * What so many calls need before they can be made, such as a login and connections: so that nothing is waited for once
   * messages are claimed. @throws Error where the service cannot be reached, or does not take our account
   */
  abstract prepare(messages: number): Promise<void>;

  /** Hands over one message. Never throws: a fault is an answer too. */
  abstract send(message: PushMessage): Promise<PushAnswer>;

  /**
   * Asks about a token without sending anything, where the service can: of messages about which nothing was heard it
   * tells at least whether their devices are gone. Null where it cannot.
   */
  probe?(message: PushMessage): Promise<PushAnswer | null>;
}

/** Longest wait for a push service (milliseconds). */
export const PUSH_TIMEOUT_MS = 10_000;

const NEVER_LEFT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/**
 * What a call that brought no answer means. One that was never made is made again. One that was reset is too: a service
 * that hangs up has not worked on it. Of one that timed out nobody knows.
 */
export function answerOfFault(error: unknown): PushAnswer {
  const { name, code, cause } = error as { name?: string; code?: string; cause?: { code?: string } };
  const told = code ?? cause?.code;
  if (name === 'TimeoutError' || name === 'AbortError' || told === 'ETIMEDOUT')
    return { kind: 'unknown', code: 'TIMEOUT' };
  if (told !== undefined && NEVER_LEFT.has(told)) return { kind: 'later', code: told, retryAfterSeconds: null };
  return { kind: 'later', code: told ?? 'NO_ANSWER', retryAfterSeconds: null };
}
