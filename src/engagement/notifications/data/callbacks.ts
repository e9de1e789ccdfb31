import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { CallbackKind, ProviderCallback } from '../domain/callback';

export interface CallbackRow {
  id: string;
  messageId: string;
  kind: CallbackKind;
  type: string;
  permanent: boolean;
  detail: string | null;
  at: Date;
}

/** What a message was, for whoever tells more of it. */
export interface ToldMessage {
  id: string;
  channel: 'email' | 'sms' | 'push' | 'in_app';
  recipient: string | null;
}

/** The inbox of providers' callbacks: stored first, once per event, worked on afterwards. */
@Injectable()
export class Callbacks {
  /** @returns ids of those that were not known yet */
  async store(tx: Transaction, provider: string, callbacks: readonly ProviderCallback[]): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `insert into notifications.callbacks (tenant_id, id, provider, event_id, kind, type, permanent, message_id, detail, at, state, received_at)
       select $1, x.id, $2, x.event_id, x.kind, x.type, x.permanent, x.message_id, x.detail, x.at, 'received', kernel.now()
       from json_to_recordset($3::json) as x(id uuid, event_id text, kind text, type text, permanent boolean, message_id uuid, detail text, at timestamptz)
       order by x.event_id on conflict (tenant_id, provider, event_id) do nothing returning id`,
      [
        tx.tenantId,
        provider,
        JSON.stringify(
          callbacks.map(({ eventId, kind, type, permanent, messageId, detail, at }) => ({
            id: newId(),
            event_id: eventId,
            kind,
            type,
            permanent,
            message_id: messageId,
            detail,
            at,
          })),
        ),
      ],
    );
    return rows.map(({ id }) => id);
  }

  /** Those that still wait, the oldest first; locked. */
  waiting(tx: Transaction, ids: readonly string[]): Promise<CallbackRow[]> {
    return tx.query<CallbackRow>(
      `select id, message_id as "messageId", kind, type, permanent, detail, at from notifications.callbacks
       where tenant_id = $1 and id = any($2::uuid[]) and state = 'received' order by at, id for update`,
      [tx.tenantId, ids],
    );
  }

  async finish(tx: Transaction, ids: readonly string[], state: 'processed' | 'ignored'): Promise<void> {
    await tx.execute(
      `update notifications.callbacks set state = $3, processed_at = kernel.now() where tenant_id = $1 and id = any($2::uuid[])`,
      [tx.tenantId, ids, state],
    );
  }

  /** The messages that are told of, locked in the order of their ids. */
  messages(tx: Transaction, ids: readonly string[]): Promise<ToldMessage[]> {
    return tx.query<ToldMessage>(
      `select id, channel, recipient from notifications.messages where tenant_id = $1 and id = any($2::uuid[]) order by id for no key update`,
      [tx.tenantId, ids],
    );
  }

  /** It arrived: as its provider or its device says. One that was seen stays seen. */
  delivered(tx: Transaction, id: string, at: Date): void {
    tx.later(
      `update notifications.messages set state = 'delivered', delivered_at = coalesce(delivered_at, $3), claimed_until = null, sent_at = coalesce(sent_at, $3)
       where tenant_id = $1 and id = $2 and state in ('queued', 'failed', 'sent', 'unknown')`,
      [tx.tenantId, id, at],
    );
  }

  /** Somebody looked at it. */
  opened(tx: Transaction, id: string, at: Date): void {
    tx.later(
      `update notifications.messages set state = 'opened', opened_at = coalesce(opened_at, $3), delivered_at = coalesce(delivered_at, $3),
         claimed_until = null, sent_at = coalesce(sent_at, $3)
       where tenant_id = $1 and id = $2 and state in ('queued', 'failed', 'sent', 'unknown', 'delivered')`,
      [tx.tenantId, id, at],
    );
  }

  /** It did not arrive, and will not. */
  lost(tx: Transaction, id: string, reason: string): void {
    tx.later(
      `update notifications.messages set state = 'dead', last_error = left($3, 500), claimed_until = null
       where tenant_id = $1 and id = $2 and state in ('queued', 'failed', 'sent', 'unknown', 'delivered')`,
      [tx.tenantId, id, reason],
    );
  }

  /** Receipts of a person's own devices, in one statement. @returns ids of the messages that are that person's */
  async receipts(
    tx: Transaction,
    userId: string,
    receipts: readonly { messageId: string; state: 'delivered' | 'opened'; at: Date }[],
  ): Promise<number> {
    const rows = await tx.query<{ id: string }>(
      `with told as (
         select x.message_id as id, min(x.at) as at, min(x.at) filter (where x.state = 'opened') as opened
         from json_to_recordset($3::json) as x(message_id uuid, state text, at timestamptz) group by x.message_id
       ), mine as materialized (
         select m.id from notifications.messages m join told on told.id = m.id
         where m.tenant_id = $1 and m.user_id = $2 order by m.id for no key update of m
       ), noted as (
         update notifications.messages m set
           state = case when told.opened is not null or m.state = 'opened' then 'opened' else 'delivered' end,
           delivered_at = coalesce(m.delivered_at, told.at), opened_at = coalesce(m.opened_at, told.opened),
           sent_at = coalesce(m.sent_at, told.at), claimed_until = null
         from told, mine where m.tenant_id = $1 and m.id = mine.id and told.id = m.id and m.state in ('queued', 'failed', 'sent', 'unknown', 'delivered', 'opened')
       )
       select id from mine`,
      [
        tx.tenantId,
        userId,
        JSON.stringify(receipts.map(({ messageId, state, at }) => ({ message_id: messageId, state, at }))),
      ],
    );
    return rows.length;
  }
}
