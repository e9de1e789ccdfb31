import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { SandboxWebhook } from '../contracts/sandbox-provider';

export interface OutgoingWebhook {
  id: string;
  account_id: string;
  body: SandboxWebhook;
  webhook_secret: string;
}

/** Webhooks that the double still has to send, and the secrets it signs them with. */
@Injectable()
export class WebhookOutbox {
  constructor(private readonly database: Database) {}

  add(tx: Transaction, accountId: string, body: SandboxWebhook): string {
    const id = newId();
    tx.later(
      `insert into sandbox.webhooks (tenant_id, id, account_id, body, created_at) values ($1, $2, $3, $4, kernel.now())`,
      [tx.tenantId, id, accountId, JSON.stringify(body)],
    );
    return id;
  }

  async find(id: string): Promise<OutgoingWebhook | null> {
    const rows = await this.database.read<OutgoingWebhook>(
      `select w.id, w.account_id, w.body, a.webhook_secret from sandbox.webhooks w
       join sandbox.accounts a on a.tenant_id = w.tenant_id and a.id = w.account_id
       where w.tenant_id = kernel.tenant_id() and w.id = $1 and w.delivered_at is null`,
      [id],
    );
    return rows[0] ?? null;
  }

  delivered(tx: Transaction, id: string): void {
    tx.later(`update sandbox.webhooks set delivered_at = kernel.now() where tenant_id = $1 and id = $2`, [
      tx.tenantId,
      id,
    ]);
  }

  /** @returns false when the account exists already */
  async openAccount(tx: Transaction, accountId: string, sealedSecret: string): Promise<boolean> {
    const inserted = await tx.execute(
      `insert into sandbox.accounts (tenant_id, id, webhook_secret, created_at) values ($1, $2, $3, kernel.now()) on conflict do nothing`,
      [tx.tenantId, accountId, sealedSecret],
    );
    return inserted === 1;
  }
}
