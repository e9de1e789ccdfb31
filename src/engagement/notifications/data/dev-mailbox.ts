import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import type { Letter } from '../templates/renderer';

/** Where mail ends in development while no mail server is configured. */
@Injectable()
export class DevMailbox {
  /** Puts a letter in, once per message. */
  async put(tx: Transaction, message: { id: string; recipient: string }, letter: Letter): Promise<void> {
    await tx.execute(
      `insert into notifications.dev_mailbox (id, tenant_id, channel, recipient, subject, text_body, html_body, sent_at)
       values ($1, $2, 'email', $3, $4, $5, $6, kernel.now()) on conflict do nothing`,
      [message.id, tx.tenantId, message.recipient.toLowerCase(), letter.subject, letter.text, letter.html],
    );
  }
}
