/** Answers larger than this are none (bytes). */
const MOST_BYTES = 64 * 1024 ** 2;
/** Longest time that a server may ask to be left alone (seconds). */
const LONGEST_REST_SECONDS = 60;

/** A server did not answer as it should; the message completes "<name> …". */
export class ProviderFailed extends Error {
  constructor(
    message: string,
    /** Seconds for which it asked to be left alone. */
    readonly restSeconds: number | null = null,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** A server is well and does not take this question (too many places, too far): others may be asked of it meanwhile. */
export class ProviderRefused extends ProviderFailed {}

/** A server did not answer in time: it may be away, or the question be a long one. */
export class ProviderLate extends ProviderFailed {
  constructor(cause?: unknown) {
    super('did not answer in time', null, cause);
  }
}

export interface Exchanged {
  status: number;
  body: Record<string, unknown>;
}

/**
 * Asks a server of ways for JSON. Refusals (4xx with JSON) are answers, what they say is the caller's to read.
 * @param body what is posted: an object, or the bytes of its JSON
 * @throws ProviderRefused where the question is too long for it (413, 414)
 * @throws ProviderLate when it is silent
 * @throws ProviderFailed when it is busy (429), failing (5xx) or says what is no JSON object
 */
export async function askJson(url: string, timeoutMs: number, body?: object, stop?: AbortSignal): Promise<Exchanged> {
  // Node 20 holds what AbortSignal.any gives only weakly: collected as garbage, it would end nothing.
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const timer = setTimeout(end, timeoutMs);
  if (stop?.aborted) end();
  stop?.addEventListener('abort', end);
  try {
    return await exchange(url, ending.signal, body);
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener('abort', end);
  }
}

async function exchange(url: string, signal: AbortSignal, body?: object): Promise<Exchanged> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: body ? 'POST' : 'GET',
      signal,
      redirect: 'error',
      headers: { accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body && (ArrayBuffer.isView(body) ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body)),
    });
  } catch (error) {
    throw signal.aborted ? new ProviderLate(error) : new ProviderFailed('cannot be reached', null, error);
  }
  const { status } = answer;
  if (status === 429 || status >= 500) {
    await answer.body?.cancel().catch(() => undefined);
    const asked = Number(answer.headers.get('retry-after') ?? NaN);
    throw new ProviderFailed(
      status === 429 ? 'is asked too much (429)' : `fails (${status})`,
      asked >= 0 ? Math.min(asked, LONGEST_REST_SECONDS) : null,
    );
  }
  // Whoever stands before the server says so in words of its own.
  if (status === 413 || status === 414) {
    await answer.body?.cancel().catch(() => undefined);
    throw new ProviderRefused(`does not take so long a question (${status})`);
  }
  return { status, body: objectOf(await textOf(answer, signal)) };
}

async function textOf(answer: Response, signal: AbortSignal): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      if (bytes > MOST_BYTES) break;
      pieces.push(piece);
    }
  } catch {
    throw signal.aborted ? new ProviderLate() : new ProviderFailed('broke off its answer');
  }
  if (bytes > MOST_BYTES) throw new ProviderFailed('answered with too much');
  return Buffer.concat(pieces).toString('utf8');
}

function objectOf(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed();
  return value as Record<string, unknown>;
}

/** What a refusal (4xx) means whose code the caller does not know: without any it is no refusal of that server. */
export const refused = (status: number, code: unknown): ProviderFailed =>
  status >= 400 && status < 500 && /^\w{1,40}$/.test(String(code ?? ''))
    ? new ProviderRefused(`does not take what it is asked (${String(code)})`)
    : malformed();

export const malformed = (): ProviderFailed => new ProviderFailed('answered what cannot be understood');

/** Reads what a server said. @throws ProviderFailed where it is something else */
export const listOf = (value: unknown, length?: number): unknown[] => {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) throw malformed();
  return value as unknown[];
};
export const recordOf = (value: unknown): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed();
  return value as Record<string, unknown>;
};
export const numberOf = (value: unknown): number => {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw malformed();
  return value;
};
export const wordsOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 500) : '');
export const positionOf = (value: unknown): [lng: number, lat: number] => {
  const [lng, lat] = listOf(value, 2);
  if (typeof lng !== 'number' || typeof lat !== 'number' || !(Math.abs(lng) <= 180) || !(Math.abs(lat) <= 90))
    throw malformed();
  return [lng, lat];
};
