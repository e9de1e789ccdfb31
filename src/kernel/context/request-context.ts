import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditScope } from '../audit/audit';
import type { Ask } from '../database/batch-query';
import type { Transaction } from '../database/transaction';
import type { SqlUsage } from '../database/sql-metrics';
import { GUEST } from '../auth/guest';
import type { Principal } from '../auth/principal';

/** Tenant id of rows that belong to no tenant: platform events, operators' actions. */
export const PLATFORM_TENANT = '00000000-0000-0000-0000-000000000000';

/** The idempotency key of the running request, set by the HTTP edge and settled by the unit of work. */
export interface IdempotencyRequest {
  /** SHA-256 (hex) over tenant, principal (or cart secret), method, path and key. */
  scope: string;
  /** SHA-256 (hex) of the canonical body. */
  bodyHash: string;
  /** Status that the route answers with on success. */
  status: number;
  /** `new` until a unit of work took the key; `leased` while the work spans several; `done` once answered. */
  phase: 'new' | 'leased' | 'done';
}

/** Everything that belongs to one request, reaction or job; travels by AsyncLocalStorage, never by request scope. */
export interface RequestContext {
  requestId: string;
  tenantId: string | null;
  principal: Principal;
  idempotency?: IdempotencyRequest;
  /** The open transaction (set by the unit of work only). */
  transaction?: Transaction;
  traceparent?: string;
  /** Name of the running command and the ids it names. */
  command?: { name: string; target: Record<string, string> };
  /** The outermost command that runs, as the audit trail will tell it. */
  audit?: AuditScope;
  /** What this work asked of the database so far. */
  sql?: SqlUsage;
  /**
   * Judges the caller again by its present rights (set by the guard of a request).
   * @param ask where the statements about it go: the transaction that found other rights
   * @returns the caller as it is now, when it may do what it was let in for and all its rights are what they were
   * @throws AppError 401 or 403 when it may not, 503 `auth.rights-changed` when its rights are others
   */
  renew?: (ask: Ask) => Promise<Principal>;
  /** Client address, from trusted proxies only. */
  ip?: string;
  userAgent?: string;
  /** What the browser says of itself besides (`Sec-CH-UA*`), for naming its device. */
  clientHints?: string;
  /** Host name of the tenant's own by which the request came; absent for the installation's. */
  domain?: string;
  /** The device that the client proved to be by its signed name, or null. */
  deviceId?: string | null;
  /** How the tokens of a sign-in are handed out, and whether the browser keeps them. */
  signIn?: { transport: 'bearer' | 'cookie'; remember: boolean };
  /** The session of the browser's cookies has ended: they are cleared with the answer. */
  cookiesEnd?: boolean;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** The context of the running work. @throws Error outside of any, which is a programming fault. */
export function currentContext(): RequestContext {
  const context = storage.getStore();
  if (!context) throw new Error('No request context: wrap the work in runInContext().');
  return context;
}

/** The context, or undefined outside of any (boot, background loops). */
export const maybeContext = (): RequestContext | undefined => storage.getStore();

/** Runs `work` in a context derived from the current one by `overrides`. */
export function runInContext<T>(overrides: Partial<RequestContext>, work: () => T): T {
  const base = storage.getStore() ?? { requestId: 'none', tenantId: null, principal: GUEST };
  return storage.run({ ...base, ...overrides }, work);
}

/** Runs `work` with exactly this context object (the HTTP edge fills it while the request proceeds). */
export const enterContext = <T>(context: RequestContext, work: () => T): T => storage.run(context, work);
