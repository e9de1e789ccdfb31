import type { FlushPart } from '../audit/audit';
import type { Keyring } from '../crypto/keyring';
import type { SealPlace } from '../crypto/sealed';
import { AppError } from '../errors/app-error';
import type { BatchStatement } from './batch-query';
import { named } from './statements';

/** Thrown by the unit of work when the request was answered before: the HTTP edge sends the stored answer. */
export class IdempotencyReplay extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {
    super('answered before');
    this.name = 'IdempotencyReplay';
  }
}

/** A stored key: a lease on a resource while the work runs over several transactions, or the final answer. */
interface StoredKey {
  bodyHash: string;
  state: 'leased' | 'done';
  resource: string | null;
  leaseSeconds: number;
  status: number | null;
  /** The answer's JSON, sealed: it holds what only this client may know. */
  body: string | null;
}

/** The row id of a scope: the first 128 bits of its SHA-256. */
export const keyId = (scope: string): string =>
  `${scope.slice(0, 8)}-${scope.slice(8, 12)}-${scope.slice(12, 16)}-${scope.slice(16, 20)}-${scope.slice(20, 32)}`;

/** 64 bits of the scope as the number of an advisory lock. */
const lockNumber = (scope: string): string => BigInt.asIntN(64, BigInt(`0x${scope.slice(32, 48)}`)).toString();

const FIND = `select body_hash as "bodyHash", state, resource, status, body,
    ceil(extract(epoch from lease_until - kernel.now()))::int as "leaseSeconds"
  from kernel.idempotency_keys
  where tenant_id = $1 and id = $2 and created_at > kernel.now() - interval '24 hours'`;
const LEASE = `insert into kernel.idempotency_keys (tenant_id, id, body_hash, state, resource, lease_until, created_at)
  select $1, x.id, x.body_hash, 'leased', x.resource, kernel.now() + make_interval(secs => x.seconds), kernel.now()
  from json_to_record($json) as x(id uuid, body_hash text, resource text, seconds float8)
  on conflict (tenant_id, id) do update set state = 'leased', resource = excluded.resource, body_hash = excluded.body_hash,
    lease_until = excluded.lease_until, created_at = excluded.created_at, status = null, body = null
  where idempotency_keys.state = 'leased' or idempotency_keys.created_at <= kernel.now() - interval '24 hours'`;
// The first answer stays: a run that was overtaken after its lease must not change what a client was told.
// Each answer clears away a few that have expired: they hold what clients were told, which is personal.
const GONE = `delete from kernel.idempotency_keys where tenant_id = $1 and id in (
    select id from kernel.idempotency_keys
    where tenant_id = $1 and id <> ($json->>'id')::uuid and created_at <= kernel.now() - interval '25 hours'
    order by created_at limit 3 for update skip locked)`;
const ANSWER = `insert into kernel.idempotency_keys (tenant_id, id, body_hash, state, status, body, created_at)
  select $1, x.id, x.body_hash, 'done', x.status, x.body, kernel.now()
  from json_to_record($json) as x(id uuid, body_hash text, status int, body text)
  on conflict (tenant_id, id) do update set state = 'done', status = excluded.status, body = excluded.body,
    body_hash = excluded.body_hash, lease_until = null, created_at = excluded.created_at
  where idempotency_keys.state = 'leased' or idempotency_keys.created_at <= kernel.now() - interval '24 hours'`;

/** A statement that names the tenant, and takes the key without waiting; what is stored is read behind it. */
export function taking({ text, values = [] }: BatchStatement, scope: string): BatchStatement {
  const number = `$${values.length + 1}::bigint`;
  return named(`${text}, pg_try_advisory_xact_lock(${number}) as locked`, [...values, lockNumber(scope)]);
}

/** What is stored under a key. */
export const findStatement = (tenantId: string, scope: string): BatchStatement => named(FIND, [tenantId, keyId(scope)]);

export const leasePart = (scope: string, bodyHash: string, resource: string, seconds: number): FlushPart => ({
  texts: [LEASE],
  json: JSON.stringify({ id: keyId(scope), body_hash: bodyHash, resource, seconds }),
});

export const answerPart = (
  tenantId: string,
  scope: string,
  bodyHash: string,
  status: number,
  body: unknown,
  keyring: Keyring,
): FlushPart => {
  const sealed = keyring.seal(placeOf(tenantId, scope), JSON.stringify(body ?? null));
  return {
    texts: [GONE, ANSWER],
    json: JSON.stringify({ id: keyId(scope), body_hash: bodyHash, status, body: sealed }),
  };
};

const placeOf = (tenantId: string, scope: string): SealPlace => ({
  tenantId,
  table: 'kernel.idempotency_keys',
  column: 'body',
  rowId: keyId(scope),
});

/** The stored answer. @throws AppError 409 when its master key is gone: the effect happened, the answer cannot be told */
function openAnswer(stored: StoredKey, tenantId: string, scope: string, keyring: Keyring): unknown {
  try {
    return JSON.parse(keyring.open(placeOf(tenantId, scope), stored.body!).toString());
  } catch {
    throw new AppError(
      'idempotency.answer-unreadable',
      'conflict',
      'This request was carried out; its answer is lost.',
      {
        hint: 'Read what it made instead of repeating it.',
      },
    );
  }
}

const stillRunning = (seconds: number): AppError =>
  new AppError('idempotency.in-progress', 'conflict', 'A request with this Idempotency-Key is still running.', {
    hint: 'Wait for Retry-After seconds and send the same request again; it will not be carried out twice.',
    retryAfterSeconds: Math.max(1, seconds),
    retryable: true,
  });

/**
 * Decides from the claim's rows whether the work may run.
 * @returns the resource that an unfinished earlier run left, or null for a first run.
 * @throws IdempotencyReplay when answered before; AppError 409 while running, 422 for another body under the same key.
 */
export function judgeClaim(
  locked: boolean,
  stored: StoredKey | undefined,
  request: { tenantId: string; scope: string; bodyHash: string; keyring: Keyring },
): string | null {
  if (!locked) throw stillRunning(1);
  if (!stored) return null;
  if (stored.bodyHash !== request.bodyHash) {
    throw new AppError('idempotency.key-reused', 'unprocessable', 'This Idempotency-Key was used with another body.', {
      hint: 'Use a new key for a new request; repeat a request with exactly the same body.',
    });
  }
  if (stored.state === 'done') {
    const { tenantId, scope, keyring } = request;
    throw new IdempotencyReplay(stored.status ?? 200, openAnswer(stored, tenantId, scope, keyring));
  }
  if (stored.leaseSeconds > 0) throw stillRunning(stored.leaseSeconds);
  return stored.resource;
}

export type { StoredKey };
