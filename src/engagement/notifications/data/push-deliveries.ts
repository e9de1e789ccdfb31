import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { SuppressionCause } from '../contracts/channels';
import type { Platform, PushProvider } from '../domain/push';

/** A push message that waits to be sent, with its device as it is now. */
export interface WaitingPush {
  id: string;
  notificationId: string | null;
  userId: string | null;
  category: string;
  critical: boolean;
  template: string;
  data: Record<string, unknown>;
  attempts: number;
  dueAt: Date | null;
  expiresAt: Date | null;
  /** Until then another worker has it. */
  takenUntil: Date | null;
  /** A try that somebody began and of whose end nobody knows. */
  openAttempt: number | null;
  /** Null: the device is not there any more, or somebody else's now. */
  token: { id: string; provider: PushProvider; platform: Platform; digest: Buffer; sealed: string } | null;
}

/** How a message is to be noted. */
export interface PushRecord {
  id: string;
  /** Number of the try, and how it ended; null where none was begun. */
  attempt: {
    number: number;
    state: 'accepted' | 'refused' | 'later' | 'unknown';
    code: string | null;
    retryAfterSeconds: number | null;
  } | null;
  state: 'sent' | 'failed' | 'dead' | 'unknown' | 'suppressed' | 'queued';
  suppressedFor?: SuppressionCause;
  error: string | null;
  provider?: PushProvider | 'mailbox';
  providerId?: string | null;
  dueAt?: Date;
}

/** What a provider said of a token. */
export interface TokenVerdict {
  tokenId: string;
  verdict: 'remove' | 'deactivate';
  code: string;
  goneSinceMs?: number;
}

const WAITING = `select m.id, m.notification_id as "notificationId", m.user_id as "userId", m.category, m.critical, m.template, m.data,
    m.attempts, m.due_at as "dueAt", m.expires_at as "expiresAt", case when m.claimed_until > kernel.now() then m.claimed_until end as "takenUntil",
    (select max(a.number) from notifications.delivery_attempts a where a.tenant_id = m.tenant_id and a.message_id = m.id and a.state = 'started') as "openAttempt",
    t.id as "tokenId", t.provider, t.platform, t.digest, t.sealed
  from notifications.messages m
  left join notifications.push_tokens t on t.tenant_id = m.tenant_id and t.id = m.push_token_id and t.user_id = m.user_id and t.state = 'active'
  where m.tenant_id = $1 and m.id = any($2::uuid[]) and m.channel = 'push' and m.state in ('queued', 'failed') order by m.id`;

const CLAIM = `with mine as materialized (
    select m.id from notifications.messages m where m.tenant_id = $1 and m.id = any($2::uuid[]) and m.state in ('queued', 'failed')
      and (m.claimed_until is null or m.claimed_until <= kernel.now()) order by m.id for update skip locked
  ), claimed as (
    update notifications.messages m set attempts = m.attempts + 1, claimed_until = kernel.now() + make_interval(secs => $5)
    from mine where m.tenant_id = $1 and m.id = mine.id returning m.id, m.attempts
  )
  insert into notifications.delivery_attempts (tenant_id, id, message_id, number, provider, state, started_at)
  select $1, w.attempt_id, c.id, c.attempts, w.provider, 'started', kernel.now()
  from claimed c join (select unnest($2::uuid[]) as id, unnest($3::uuid[]) as attempt_id, unnest($4::text[]) as provider) w on w.id = c.id
  returning message_id as id, number`;

/** Code of a try whose worker vanished. */
export const WORKER_LOST = 'WORKER_LOST';
const CLOSE_OPEN = `update notifications.delivery_attempts set state = 'unknown', ended_at = kernel.now(), code = '${WORKER_LOST}'
  where tenant_id = $1 and message_id = any($2::uuid[]) and state = 'started'`;

// Of a message that was delivered meanwhile, as its device told, the state stays what it is.
const RECORD = `update notifications.messages m set claimed_until = null, last_error = left(x.error, 500),
    state = case when m.state in ('queued', 'failed') or m.state = 'unknown' and x.state = 'sent' then x.state else m.state end,
    suppressed_for = case when m.state in ('queued', 'failed') then x.suppressed_for end,
    provider = coalesce(x.provider, m.provider), provider_id = coalesce(x.provider_id, m.provider_id), due_at = coalesce(x.due_at, m.due_at),
    sent_at = case when x.state in ('sent', 'unknown') then kernel.now() else m.sent_at end
  from json_to_recordset($2::json) as x(id uuid, state text, suppressed_for text, error text, provider text, provider_id text, due_at timestamptz)
  where m.tenant_id = $1 and m.id = x.id`;
const END = `update notifications.delivery_attempts a set state = x.state, code = x.code, provider_id = x.provider_id,
    retry_after_seconds = x.retry_after_seconds, ended_at = kernel.now()
  from json_to_recordset($2::json) as x(id uuid, number int, state text, code text, provider_id text, retry_after_seconds int)
  where a.tenant_id = $1 and a.message_id = x.id and a.number = x.number`;
const REMOVE = `delete from notifications.push_tokens t using json_to_recordset($2::json) as x(id uuid, gone_since timestamptz)
  where t.tenant_id = $1 and t.id = x.id and (x.gone_since is null or t.seen_at <= x.gone_since)`;
const DEACTIVATE = `update notifications.push_tokens t set state = 'deactivated', state_reason = x.code
  from json_to_recordset($2::json) as x(id uuid, code text) where t.tenant_id = $1 and t.id = x.id`;

/** Push messages in batches: a statement for many, whatever became of them. */
@Injectable()
export class PushDeliveries {
  constructor(private readonly database: Database) {}

  /** Those of the messages that are not yet done with. */
  async waiting(tenantId: string, ids: readonly string[]): Promise<WaitingPush[]> {
    const rows = await this.database.readAs<Omit<WaitingPush, 'token'> & Token>(tenantId, WAITING, [tenantId, ids]);
    return rows.map(({ tokenId, provider, platform, digest, sealed, ...row }) => ({
      ...row,
      token: tokenId === null ? null : { id: tokenId, provider, platform, digest, sealed },
    }));
  }

  /**
   * Takes messages for sending, for so many seconds, and begins a try of each: from this commit on it is known that it may
   * have been sent. @returns the number of the try of those that were had
   */
  async claim(
    tx: Transaction,
    messages: readonly { id: string; provider: PushProvider }[],
    seconds: number,
  ): Promise<Map<string, number>> {
    const ids = messages.map(({ id }) => id);
    const rows = await tx.query<{ id: string; number: number }>(CLAIM, [
      tx.tenantId,
      ids,
      ids.map(() => newId()),
      messages.map(({ provider }) => provider),
      seconds,
    ]);
    return new Map(rows.map(({ id, number }) => [id, number]));
  }

  /** Tries whose worker vanished: nobody knows how they ended. */
  async closeOpen(tx: Transaction, ids: readonly string[]): Promise<void> {
    await tx.execute(CLOSE_OPEN, [tx.tenantId, ids]);
  }

  /** Notes what became of a batch, and takes off what providers call gone. */
  record(tx: Transaction, records: readonly PushRecord[], tokens: readonly TokenVerdict[]): void {
    const sorted = [...records].sort((a, b) => (a.id < b.id ? -1 : 1));
    const messages = sorted.map(({ id, state, suppressedFor, error, provider, providerId, dueAt }) => ({
      id,
      state,
      suppressed_for: suppressedFor ?? null,
      error,
      provider: provider ?? null,
      provider_id: providerId ?? null,
      due_at: dueAt ?? null,
    }));
    tx.later(RECORD, [tx.tenantId, JSON.stringify(messages)]);
    const attempts = sorted.flatMap(({ id, attempt, providerId }) =>
      attempt
        ? [
            {
              id,
              number: attempt.number,
              state: attempt.state,
              code: attempt.code,
              provider_id: providerId ?? null,
              retry_after_seconds: attempt.retryAfterSeconds,
            },
          ]
        : [],
    );
    if (attempts.length > 0) tx.later(END, [tx.tenantId, JSON.stringify(attempts)]);
    const verdicts = [...tokens].sort((a, b) => (a.tokenId < b.tokenId ? -1 : 1));
    const gone = verdicts
      .filter(({ verdict }) => verdict === 'remove')
      .map(({ tokenId, goneSinceMs }) => ({
        id: tokenId,
        gone_since: goneSinceMs === undefined ? null : new Date(goneSinceMs),
      }));
    if (gone.length > 0) tx.later(REMOVE, [tx.tenantId, JSON.stringify(gone)]);
    const foreign = verdicts
      .filter(({ verdict }) => verdict === 'deactivate')
      .map(({ tokenId, code }) => ({ id: tokenId, code }));
    if (foreign.length > 0) tx.later(DEACTIVATE, [tx.tenantId, JSON.stringify(foreign)]);
  }
}

interface Token {
  tokenId: string | null;
  provider: PushProvider;
  platform: Platform;
  digest: Buffer;
  sealed: string;
}
