import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { SendMessageCommand, TemplateName } from '../contracts/send-message';
import type { Letter } from '../templates/renderer';

export interface MessageRow {
  id: string;
  channel: 'email' | 'sms';
  recipient: string;
  template: TemplateName;
  data: Record<string, unknown>;
  state: 'queued' | 'sent' | 'failed' | 'dead';
}

/** Messages of a tenant, from the asking to the sending. */
@Injectable()
export class MessageRepository {
  /** @returns the id, and whether it is new; the same dedupe key gives the first message again */
  async insert(tx: Transaction, message: SendMessageCommand['message']): Promise<{ id: string; created: boolean }> {
    const id = newId();
    const inserted = await tx.execute(
      `insert into notifications.messages (tenant_id, id, channel, recipient, template, data, state, dedupe_key, created_at)
       values ($1, $2, $7, $3, $4, $5, 'queued', $6, kernel.now()) on conflict (tenant_id, dedupe_key) do nothing`,
      [
        tx.tenantId,
        id,
        message.to,
        message.template,
        JSON.stringify(message.data),
        message.dedupeKey,
        message.channel ?? 'email',
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
   * @returns null when it is sent, dead, unknown or taken
   */
  async claim(tx: Transaction, id: string, seconds: number): Promise<MessageRow | null> {
    const rows = await tx.query<MessageRow>(
      `update notifications.messages set attempts = attempts + 1, claimed_until = kernel.now() + make_interval(secs => $3)
       where tenant_id = $1 and id = $2 and state in ('queued', 'failed') and (claimed_until is null or claimed_until <= kernel.now())
       returning id, channel, recipient, template, data, state`,
      [tx.tenantId, id, seconds],
    );
    return rows[0] ?? null;
  }

  /** True while a worker holds an unsent message. */
  async isTaken(tx: Transaction, id: string): Promise<boolean> {
    const rows = await tx.query<{ taken: boolean }>(
      `select state in ('queued', 'failed') as taken from notifications.messages where tenant_id = $1 and id = $2`,
      [tx.tenantId, id],
    );
    return rows[0]?.taken ?? false;
  }

  /** @param letter what was sent; null forgets it, and what it was made of: a code is worth nothing afterwards */
  sent(tx: Transaction, id: string, letter: Letter | null): void {
    tx.later(
      `update notifications.messages set state = 'sent', sent_at = kernel.now(), claimed_until = null, last_error = null, subject = $3,
         text_body = $4, html_body = $5, data = case when $6 then '{}' else data end
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, letter?.subject ?? null, letter?.text ?? null, letter?.html ?? null, letter === null],
    );
  }

  /** @param secret what it was made of is forgotten once no further try is made */
  async failed(tx: Transaction, id: string, state: 'failed' | 'dead', error: string, secret: boolean): Promise<void> {
    await tx.execute(
      `update notifications.messages set state = $3, claimed_until = null, last_error = left($4, 500),
         data = case when $5 then '{}' else data end
       where tenant_id = $1 and id = $2 and state in ('queued', 'failed')`,
      [tx.tenantId, id, state, error, secret && state === 'dead'],
    );
  }
}
