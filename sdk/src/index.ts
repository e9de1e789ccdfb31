/**
 * Client of the Mainstay API: one function per operation, types of every body and answer. Everything under
 * `generated/` is made by `npm run sdk` from the API document.
 */
import { createClient, createConfig, type Client } from './generated/client';
import type { Problem } from './generated/types.gen';

export * from './generated';
export type { Client } from './generated/client';

export interface MainstayOptions {
  /** Origin of the installation, e.g. `http://localhost:3000`. */
  baseUrl: string;
  /** Access token, or a function that gives the current one (called for each request). */
  accessToken?: string | (() => string | undefined | Promise<string | undefined>);
  /** Slug of the shop, for guests: sent as `X-Tenant`. */
  tenant?: string;
  /** Replaces the global `fetch`. */
  fetch?: typeof fetch;
}

/**
 * A client for one caller; pass it to operations as `client`.
 *
 *     const shop = createMainstay({ baseUrl: 'http://localhost:3000', tenant: 'demo' });
 *     const { data } = unwrap(await listProducts({ client: shop, query: { limit: 5 } }));
 */
export function createMainstay(options: MainstayOptions): Client {
  const { accessToken } = options;
  return createClient(
    createConfig({
      baseUrl: options.baseUrl.replace(/\/+$/, ''),
      ...(options.fetch ? { fetch: options.fetch } : {}),
      ...(options.tenant ? { headers: { 'X-Tenant': options.tenant } } : {}),
      auth: async () => (typeof accessToken === 'function' ? accessToken() : accessToken),
    }),
  );
}

/** An answer that is no success, with the problem that came. `code` is stable; decide by it. */
export class MainstayError extends Error {
  readonly code: string;

  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
    options?: ErrorOptions,
  ) {
    super(problem ? `${problem.code}: ${problem.detail}` : `HTTP ${status}`, options);
    this.name = 'MainstayError';
    this.code = problem?.code ?? 'http.unreadable';
  }
}

/** What an operation resolves to. */
export interface Outcome<T> {
  data?: T;
  error?: unknown;
  response?: Response;
}

const isProblem = (value: unknown): value is Problem => typeof value === 'object' && value !== null && 'code' in value && 'detail' in value;

/** The data of a successful answer. @throws MainstayError otherwise */
export function unwrap<T>(outcome: Outcome<T>): NonNullable<T> {
  const { data, error, response } = outcome;
  if (error === undefined && response?.ok) return data as NonNullable<T>;
  throw new MainstayError(response?.status ?? 0, isProblem(error) ? error : undefined, { cause: error });
}

/** A new value for the header `Idempotency-Key`: send the same one when the same request is repeated. */
export const newIdempotencyKey = (): string => crypto.randomUUID();
