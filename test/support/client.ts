import { Agent, request } from 'node:http';
import { gunzipSync, inflateSync } from 'node:zlib';

/** What an HTTP call answered, body parsed where it is JSON. */
export interface Answer<T = Record<string, unknown>> {
  status: number;
  body: T;
  headers: Headers;
  text: string;
}

export interface CallOptions {
  token?: string;
  /** Slug for X-Tenant. */
  tenant?: string;
  key?: string;
  headers?: Record<string, string>;
}

/** A client that speaks HTTP only, as an outsider would. */
export class TestClient {
  constructor(
    readonly url: string,
    private readonly defaults: CallOptions = {},
  ) {}

  as(defaults: CallOptions): TestClient {
    return new TestClient(this.url, { ...this.defaults, ...defaults });
  }

  get<T = Record<string, unknown>>(path: string, options: CallOptions = {}): Promise<Answer<T>> {
    return this.call<T>('GET', path, undefined, options);
  }

  post<T = Record<string, unknown>>(path: string, body?: unknown, options: CallOptions = {}): Promise<Answer<T>> {
    return this.call<T>('POST', path, body, options);
  }

  async call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    options: CallOptions = {},
  ): Promise<Answer<T>> {
    const { token, tenant, key, headers } = { ...this.defaults, ...options };
    const at = path.startsWith('/api/') || path.startsWith('//') ? path.replace('//', '/') : `/api/v1${path}`;
    const answer = await exchange(method, path.startsWith('http') ? path : this.url + at, body, {
      ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(tenant ? { 'x-tenant': tenant } : {}),
      ...(key ? { 'idempotency-key': key } : {}),
      ...headers,
    });
    let parsed: unknown = answer.text;
    if (answer.text !== '' && /[/+]json\b/.test(answer.headers.get('content-type') ?? ''))
      parsed = JSON.parse(answer.text);
    return { ...answer, body: parsed as T };
  }
}

/** What `fetch` sends by itself, in a fraction of its CPU: a whole run makes tens of thousands of calls. */
const USUAL = {
  accept: '*/*',
  'accept-language': '*',
  'sec-fetch-mode': 'cors',
  'user-agent': 'node',
  'accept-encoding': 'gzip, deflate',
};
const agent = new Agent({ keepAlive: true });

/** One request and its whole answer; follows no redirect. @throws TypeError as `fetch` does, where there is no answer */
async function exchange(
  method: string,
  url: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Pick<Answer, 'status' | 'headers' | 'text'>> {
  const form = body instanceof FormData ? new Response(body) : null;
  const type = form ? { 'content-type': form.headers.get('content-type')! } : {};
  // A text is sent as it is, under the content type that the caller names; a form under its own.
  const sent = form ? Buffer.from(await form.arrayBuffer()) : typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(new TypeError('fetch failed', { cause }));
    const asked = request(new URL(url), { agent, method, headers: { ...USUAL, ...type, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        const found = new Headers();
        const { rawHeaders } = response;
        for (let i = 0; i < rawHeaders.length; i += 2) found.append(rawHeaders[i], rawHeaders[i + 1]);
        const bytes = Buffer.concat(chunks);
        try {
          const text = new TextDecoder().decode(plain(bytes, found.get('content-encoding')));
          resolve({ status: response.statusCode!, headers: found, text });
        } catch (error) {
          const said = `${method} ${url} answered ${response.statusCode} with what is not ${found.get('content-encoding')}: ${bytes.toString('latin1', 0, 200)}`;
          fail(new Error(said, { cause: error }));
        }
      });
    });
    asked.on('error', fail);
    asked.end(sent);
  });
}

function plain(bytes: Buffer, encoding: string | null): Buffer {
  if (bytes.length === 0) return bytes;
  return encoding === 'gzip' ? gunzipSync(bytes) : encoding === 'deflate' ? inflateSync(bytes) : bytes;
}

/** Answers the body, or fails with what the server said. */
export function expectStatus<T>(answer: Answer<T>, status: number): T {
  if (answer.status !== status)
    throw new Error(`Expected ${status}, got ${answer.status}: ${answer.text.slice(0, 800)}`);
  return answer.body;
}
