import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { SandboxPayment, SandboxRefund, SandboxStatus, SandboxWebhook } from '../contracts/sandbox-provider';
import { cardOf, type Verdict } from '../domain/sandbox-payment';

/** A payment with what only the double knows. */
export interface SandboxRow {
  id: string;
  account_id: string;
  key: string;
  amount: number;
  currency: string;
  capture: 'automatic' | 'manual';
  status: SandboxStatus;
  captured: number;
  refunded: number;
  error_code: string | null;
  error_message: string | null;
  action_secret: string | null;
  return_url: string;
  token: string;
}

interface RefundRow {
  id: string;
  key: string;
  amount: number;
  currency: string;
  status: 'succeeded' | 'failed';
  error_code: string | null;
  error_message: string | null;
}

const PAYMENT = `select id, account_id, key, amount::float8 as amount, currency, capture, status, captured::float8 as captured,
  refunded::float8 as refunded, error_code, error_message, action_secret, return_url, token from sandbox.payments`;
const INSERT = `insert into sandbox.payments (tenant_id, id, account_id, key, amount, currency, capture, token, status, captured,
    error_code, error_message, action_secret, return_url, created_at, updated_at)
  select $1, x.id, x.account_id, x.key, x.amount, x.currency, x.capture, x.token, x.status, x.captured, x.error_code, x.error_message,
    x.action_secret, x.return_url, kernel.now(), kernel.now()
  from json_to_record($json) as x(id uuid, account_id uuid, key text, amount bigint, currency text, capture text, token text,
    status text, captured bigint, error_code text, error_message text, action_secret text, return_url text)`;
const INSERT_WEBHOOK = `insert into sandbox.webhooks (tenant_id, id, account_id, body, created_at)
  select $1, x.webhook_id, x.account_id, x.webhook, kernel.now() from json_to_record($json) as x(webhook_id uuid, account_id uuid, webhook jsonb)`;
const REFUND = `select id, key, amount::float8 as amount, currency, status, error_code, error_message from sandbox.refunds`;

/** The double's own state. */
@Injectable()
export class SandboxRepository {
  constructor(private readonly database: Database) {}

  /**
   * Stores a new payment and the webhook that tells of it; where one with this key exists, the transaction fails by its
   * unique constraint.
   */
  insert(tx: Transaction, row: SandboxRow, webhook: { id: string; body: SandboxWebhook }): void {
    tx.withCommit([INSERT_WEBHOOK, INSERT], { ...row, webhook_id: webhook.id, webhook: webhook.body });
  }

  async lock(tx: Transaction, accountId: string, key: string): Promise<SandboxRow | null> {
    const rows = await tx.query<SandboxRow>(
      `${PAYMENT} where tenant_id = $1 and account_id = $2 and key = $3 for update`,
      [tx.tenantId, accountId, key],
    );
    return rows[0] ?? null;
  }

  async lockBySecret(tx: Transaction, secret: string): Promise<SandboxRow | null> {
    const rows = await tx.query<SandboxRow>(`${PAYMENT} where tenant_id = $1 and action_secret = $2 for update`, [
      tx.tenantId,
      secret,
    ]);
    return rows[0] ?? null;
  }

  async find(tenantId: string, accountId: string, key: string): Promise<SandboxRow | null> {
    const rows = await this.database.readAs<SandboxRow>(
      tenantId,
      `${PAYMENT} where tenant_id = $1 and account_id = $2 and key = $3`,
      [tenantId, accountId, key],
    );
    return rows[0] ?? null;
  }

  async findBySecret(tenantId: string, secret: string): Promise<SandboxRow | null> {
    const rows = await this.database.readAs<SandboxRow>(
      tenantId,
      `${PAYMENT} where tenant_id = $1 and action_secret = $2`,
      [tenantId, secret],
    );
    return rows[0] ?? null;
  }

  async refunds(tenantId: string, paymentId: string): Promise<SandboxRefund[]> {
    const rows = await this.database.readAs<RefundRow>(
      tenantId,
      `${REFUND} where tenant_id = $1 and payment_id = $2 order by id`,
      [tenantId, paymentId],
    );
    return rows.map(refundOf);
  }

  /** Moves a payment on; the caller holds its lock. */
  async move(
    tx: Transaction,
    row: SandboxRow,
    verdict: Omit<Verdict, 'silent'>,
    captured: number,
  ): Promise<SandboxRow> {
    await tx.execute(
      `update sandbox.payments set status = $3, captured = $4, error_code = $5, error_message = $6, updated_at = kernel.now()
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, row.id, verdict.status, captured, verdict.error?.code ?? null, verdict.error?.message ?? null],
    );
    return {
      ...row,
      status: verdict.status,
      captured,
      error_code: verdict.error?.code ?? null,
      error_message: verdict.error?.message ?? null,
    };
  }

  /** Writes a refund once per key; the caller holds the payment's lock. */
  async refund(
    tx: Transaction,
    row: SandboxRow,
    key: string,
    amount: number,
  ): Promise<{ refund: SandboxRefund; created: boolean }> {
    const known = await tx.query<RefundRow>(`${REFUND} where tenant_id = $1 and account_id = $2 and key = $3`, [
      tx.tenantId,
      row.account_id,
      key,
    ]);
    if (known.length) return { refund: refundOf(known[0]), created: false };
    const possible = row.captured - row.refunded >= amount;
    const refund: RefundRow = {
      id: newId(),
      key,
      amount,
      currency: row.currency,
      status: possible ? 'succeeded' : 'failed',
      error_code: possible ? null : 'amount_too_large',
      error_message: possible ? null : 'More than is left of the charge.',
    };
    await tx.execute(
      `insert into sandbox.refunds (tenant_id, id, account_id, payment_id, key, amount, currency, status, error_code, error_message, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, kernel.now())`,
      [
        tx.tenantId,
        refund.id,
        row.account_id,
        row.id,
        key,
        amount,
        row.currency,
        refund.status,
        refund.error_code,
        refund.error_message,
      ],
    );
    if (possible)
      await tx.execute(
        `update sandbox.payments set refunded = refunded + $3, updated_at = kernel.now() where tenant_id = $1 and id = $2`,
        [tx.tenantId, row.id, amount],
      );
    return { refund: refundOf(refund), created: true };
  }
}

const refundOf = (row: RefundRow): SandboxRefund => ({
  id: `sbr_${row.id}`,
  key: row.key,
  amount: { amount: row.amount, currency: row.currency },
  status: row.status,
  error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
});

/** The row as the double answers it. */
export const paymentOf = (row: SandboxRow, refunds: SandboxRefund[], actionUrl: string | null): SandboxPayment => ({
  id: `sbx_${row.id}`,
  key: row.key,
  status: row.status,
  amount: { amount: row.amount, currency: row.currency },
  captured: { amount: row.captured, currency: row.currency },
  error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
  actionUrl: row.status === 'requires_action' ? actionUrl : null,
  refunds,
  card: cardOf(row.token),
});
