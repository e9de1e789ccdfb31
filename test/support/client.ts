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
    const response = await fetch(
      path.startsWith('http')
        ? path
        : this.url + (path.startsWith('/api/') || path.startsWith('//') ? path.replace('//', '/') : `/api/v1${path}`),
      {
        method,
        redirect: 'manual',
        headers: {
          ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(tenant ? { 'x-tenant': tenant } : {}),
          ...(key ? { 'idempotency-key': key } : {}),
          ...headers,
        },
        // A text is sent as it is, under the content type that the caller names; a form under its own.
        body: body === undefined ? undefined : isSentAsIs(body) ? body : JSON.stringify(body),
      },
    );
    const text = await response.text();
    let parsed: unknown = text;
    if (text !== '' && /[/+]json\b/.test(response.headers.get('content-type') ?? '')) parsed = JSON.parse(text);
    return { status: response.status, body: parsed as T, headers: response.headers, text };
  }
}

const isSentAsIs = (body: unknown): body is string | FormData => typeof body === 'string' || body instanceof FormData;

/** Answers the body, or fails with what the server said. */
export function expectStatus<T>(answer: Answer<T>, status: number): T {
  if (answer.status !== status)
    throw new Error(`Expected ${status}, got ${answer.status}: ${answer.text.slice(0, 800)}`);
  return answer.body;
}
