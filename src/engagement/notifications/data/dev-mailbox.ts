import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import type { Channel } from '../contracts/channels';
import type { Letter } from '../templates/renderer';

/** Where messages end in development while nothing is configured that sends them. */
@Injectable()
export class DevMailbox {
  /** Puts a letter in, once per message; a text message has its text as subject too. */
  put(tx: Transaction, message: { id: string; recipient: string; channel?: Channel }, letter: Letter): void {
    tx.later(
      `insert into notifications.dev_mailbox (id, tenant_id, channel, recipient, subject, text_body, html_body, sent_at)
       values ($1, $2, $7, $3, $4, $5, $6, kernel.now()) on conflict do nothing`,
      [
        message.id,
        tx.tenantId,
        message.recipient.toLowerCase(),
        letter.subject,
        letter.text,
        letter.html,
        message.channel ?? 'email',
      ],
    );
  }
}
