import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { Channel, MessageState, SuppressionCause } from '../contracts/channels';
import type { SendMessageCommand } from '../contracts/send-message';
import type { Letter } from '../templates/renderer';

export interface MessageRow {
  id: string;
  notificationId: string | null;
  userId: string | null;
  channel: Channel;
  /** Null: looked up when it is sent. */
  recipient: string | null;
  category: string;
  critical: boolean;
  template: string;
  data: Record<string, unknown>;
  state: MessageState;
  attempts: number;
  pushTokenId: string | null;
  provider: string | null;
  dueAt: Date | null;
  expiresAt: Date | null;
  /** Since when its provider has wanted it later. */
  putOffSince: Date | null;
}

/** What a message that was not asked for by `NotifyCommand` adds to what its asker said. */
export interface Addressing {
  category: string;
  critical: boolean;
  dueAt: Date | null;
  suppressedFor: SuppressionCause | null;
}

const TRY_ENDED = `update notifications.delivery_attempts set state = $3, provider = coalesce($4, provider), provider_id = $5, code = $6, ended_at = kernel.now()
  where tenant_id = $1 and message_id = $2 and state = 'started'`;
/** It turned out that nothing was to be sent now. */
const NO_TRY = `delete from notifications.delivery_attempts where tenant_id = $1 and message_id = $2 and state = 'started'`;

/** Messages of a tenant, from the asking to the sending; each try to hand one over is a row of its own. */
@Injectable()
export class MessageRepository {
  /** @returns the id, and whether it is new; the same dedupe key gives the first message again */
  async insert(
    tx: Transaction,
    message: SendMessageCommand['message'],
    addressing: Addressing,
  ): Promise<{ id: string; created: boolean }> {
    const id = newId();
    const inserted = await tx.execute(
      `insert into notifications.messages (tenant_id, id, channel, recipient, template, data, state, suppressed_for, dedupe_key,
         user_id, category, critical, due_at, created_at)
       values ($1, $2, $7, $3, $4, $5, case when $8::text is null then 'queued' else 'suppressed' end, $8, $6, $9, $10, $11, $12, kernel.now())
       on conflict (tenant_id, dedupe_key) do nothing`,
      [
        tx.tenantId,
        id,
        message.to,
        message.template,
        JSON.stringify(message.data),
        message.dedupeKey,
        message.channel ?? 'email',
        addressing.suppressedFor,
        message.userId ?? null,
        addressing.category,
        addressing.critical,
        addressing.dueAt,
      ],
    );
    if (inserted === 1) return { id, created: true };
    const rows = await tx.query<{ id: string }>(
      `select id from notifications.messages where tenant_id = $1 and dedupe_key = $2`,
      [tx.tenantId, message.dedupeKey],
    );
    return { id: rows[0].id, created: false };
  }

  /**
   * Takes a message for sending, for `seconds`: a second worker with the same job gets nothing meanwhile.
   * @returns null when it is sent, dead, unknown, taken, or not due yet
   */
  async claim(tx: Transaction, id: string, seconds: number): Promise<MessageRow | null> {
    const rows = await tx.query<MessageRow>(
      `with claimed as (
         update notifications.messages set attempts = attempts + 1, claimed_until = kernel.now() + make_interval(secs => $3)
         where tenant_id = $1 and id = $2 and state in ('queued', 'failed') and (claimed_until is null or claimed_until <= kernel.now())
           and (due_at is null or due_at <= kernel.now())
         returning *
       ), begun as (
         insert into notifications.delivery_attempts (tenant_id, id, message_id, number, provider, state, started_at)
         select $1, $4, c.id, 1 + coalesce((select max(a.number) from notifications.delivery_attempts a where a.tenant_id = $1 and a.message_id = c.id), 0),
           coalesce(c.provider, c.channel), 'started', kernel.now()
         from claimed c where c.channel <> 'in_app'
       ), lost as (
         update notifications.delivery_attempts a set state = 'unknown', code = 'WORKER_LOST', ended_at = kernel.now()
         from claimed c where a.tenant_id = $1 and a.message_id = c.id and a.state = 'started'
       )
       select id, notification_id as "notificationId", user_id as "userId", channel, recipient, category, critical, template, data,
         state, attempts, push_token_id as "pushTokenId", provider, due_at as "dueAt", expires_at as "expiresAt", put_off_since as "putOffSince" from claimed`,
      [tx.tenantId, id, seconds, newId()],
    );
    return rows[0] ?? null;
  }

  /**
   * Of a message that was not to be had: seconds until its time comes, by the clock that claims go by; 0 while a worker
   * holds it; null when it is done with.
   */
  async waitSeconds(tx: Transaction, id: string): Promise<number | null> {
    const rows = await tx.query<{ seconds: number }>(
      `select coalesce(greatest(0, extract(epoch from due_at - kernel.now())), 0)::float8 as seconds
       from notifications.messages where tenant_id = $1 and id = $2 and state in ('queued', 'failed')`,
      [tx.tenantId, id],
    );
    return rows[0]?.seconds ?? null;
  }

  /** @param letter what was sent; null forgets it, and what it was made of: a code is worth nothing afterwards */
  sent(
    tx: Transaction,
    id: string,
    letter: Letter | null,
    by: { provider: string; providerId: string | null; recipient: string },
  ): void {
    tx.later(
      `update notifications.messages set state = 'sent', sent_at = kernel.now(), claimed_until = null, last_error = null, subject = $3,
         text_body = $4, html_body = $5, data = case when $6 then '{}' else data end, provider = $7, provider_id = $8, recipient = $9
       where tenant_id = $1 and id = $2 and state in ('queued', 'failed')`,
      [
        tx.tenantId,
        id,
        letter?.subject ?? null,
        letter?.text ?? null,
        letter?.html ?? null,
        letter === null,
        by.provider,
        by.providerId,
        by.recipient,
      ],
    );
    tx.later(TRY_ENDED, [tx.tenantId, id, 'accepted', by.provider, by.providerId, null]);
  }

  /** It is where its recipient sees it. */
  delivered(tx: Transaction, id: string): void {
    tx.later(
      `update notifications.messages set state = 'delivered', sent_at = kernel.now(), delivered_at = kernel.now(), claimed_until = null
       where tenant_id = $1 and id = $2 and state in ('queued', 'failed')`,
      [tx.tenantId, id],
    );
  }

  /** @param secret what it was made of is forgotten once no further try is made */
  async failed(
    tx: Transaction,
    id: string,
    state: 'failed' | 'dead',
    error: string,
    secret: boolean,
    by: { provider: string | null; recipient: string | null } = { provider: null, recipient: null },
  ): Promise<void> {
    await tx.execute(
      `update notifications.messages set state = $3, claimed_until = null, last_error = left($4, 500),
         data = case when $5 then '{}' else data end, provider = coalesce($6, provider), recipient = coalesce($7, recipient)
       where tenant_id = $1 and id = $2 and state in ('queued', 'failed')`,
      [tx.tenantId, id, state, error, secret && state === 'dead', by.provider, by.recipient],
    );
    tx.later(TRY_ENDED, [
      tx.tenantId,
      id,
      state === 'dead' ? 'refused' : 'later',
      by.provider,
      null,
      error.slice(0, 200),
    ]);
  }

  /**
   * It waits for `dueAt`; the try that found that out is not counted.
   * @param why what its provider said, where it is the provider that wants it later
   */
  async deferred(tx: Transaction, id: string, dueAt: Date, why: string | null = null): Promise<void> {
    await tx.execute(
      `update notifications.messages set due_at = $3, claimed_until = null, attempts = greatest(attempts - 1, 0), last_error = $4,
         put_off_since = case when $4::text is null then put_off_since else coalesce(put_off_since, kernel.now()) end
       where tenant_id = $1 and id = $2 and state in ('queued', 'failed')`,
      [tx.tenantId, id, dueAt, why],
    );
    if (why) tx.later(TRY_ENDED, [tx.tenantId, id, 'later', null, null, why.slice(0, 200)]);
    else tx.later(NO_TRY, [tx.tenantId, id]);
  }

  async suppressed(tx: Transaction, id: string, cause: SuppressionCause): Promise<void> {
    await tx.execute(
      `update notifications.messages set state = 'suppressed', suppressed_for = $3, claimed_until = null
       where tenant_id = $1 and id = $2 and state in ('queued', 'failed')`,
      [tx.tenantId, id, cause],
    );
    tx.later(NO_TRY, [tx.tenantId, id]);
  }
}
