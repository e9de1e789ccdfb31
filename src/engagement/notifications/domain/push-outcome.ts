import type { PushAnswer, PushProvider } from './push';

/** Tries after which a message is given up that its provider always wants later. */
export const MOST_TRIES = 12;
/** Share of a batch, and number at least, that wants to wait for the whole way out to be shut. */
const SHUT_SHARE = 0.25;
const SHUT_LEAST = 5;
/** Longest that many single refusals shut a way out, and how long where the provider does not say (seconds). */
const SHUT_MOST_SECONDS = 300;
const SHUT_SECONDS = 10;

/** What a try made of a message. */
export type PushFate =
  | { state: 'sent'; providerId: string | null }
  | { state: 'dead'; code: string }
  | { state: 'unknown'; code: string }
  /** Tried again, not before the seconds that the provider named. */
  | { state: 'failed'; code: string; retryAfterSeconds: number | null };

/**
 * What becomes of a message after a try.
 * @param critical rather sent twice than not at all: devices show it once, by its tag
 * @param tries including this one
 */
export function fateOf(answer: PushAnswer, critical: boolean, tries: number): PushFate {
  if (answer.kind === 'accepted') return { state: 'sent', providerId: answer.providerId };
  const { code } = answer;
  if (answer.kind === 'refused') return { state: 'dead', code };
  if (answer.kind === 'unknown' && !critical) return { state: 'unknown', code };
  if (tries >= MOST_TRIES) return answer.kind === 'unknown' ? { state: 'unknown', code } : { state: 'dead', code };
  return { state: 'failed', code, retryAfterSeconds: answer.kind === 'later' ? answer.retryAfterSeconds : null };
}

/**
 * Lanes that the answers of one provider shut, with the seconds: those that it names, and its own where so many messages
 * are put off that more would only be put off too.
 */
export function closuresOf(
  provider: PushProvider,
  answers: readonly PushAnswer[],
): Map<string, { seconds: number; code: string }> {
  const closures = new Map<string, { seconds: number; code: string }>();
  const shut = (lane: string, seconds: number, code: string): void => {
    if ((closures.get(lane)?.seconds ?? 0) < seconds) closures.set(lane, { seconds, code });
  };
  const later = answers.filter((answer) => answer.kind === 'later');
  for (const { shuts, code } of later) if (shuts) shut(shuts.lane, shuts.seconds, code);
  const own = later.filter(({ shuts }) => !shuts);
  if (own.length >= SHUT_LEAST && own.length >= answers.length * SHUT_SHARE) {
    const asked = Math.max(...own.map(({ retryAfterSeconds }) => retryAfterSeconds ?? SHUT_SECONDS));
    shut(provider, Math.min(SHUT_MOST_SECONDS, Math.max(1, asked)), own[0].code);
  }
  return closures;
}
