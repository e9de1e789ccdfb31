import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import type { AttemptState, IntentStatus, Payable } from '../contracts/payment-view';
import { PaymentIntent, type PaymentAttempt } from '../domain/payment-intent';
import { movedMeanwhile } from '../domain/payments.errors';

const INTENT = `select id, payable_type, payable_id, amount::float8 as amount, currency, status, return_url, metadata, error_code,
  error_message, latest_attempt_id, cancel_reason, captured_at from payments.intents`;

const ATTEMPTS = `select id, intent_id, gateway_id, provider, method_type, method_token, state, provider_payment_id, action_url,
  error_code, error_message, authorized::float8 as authorized, captured::float8 as captured,
  refund_pending::float8 as refund_pending, refunded::float8 as refunded, created_at, settled_at
  from payments.attempts where tenant_id = $1 and intent_id = $2 order by created_at, id`;

interface IntentRecord {
  id: string;
  payable_type: Payable['type'];
  payable_id: string;
  amount: number;
  currency: string;
  status: IntentStatus;
  return_url: string | null;
  metadata: Record<string, string>;
  error_code: string | null;
  error_message: string | null;
  latest_attempt_id: string | null;
  cancel_reason: string | null;
  captured_at: Date | null;
}

interface AttemptRecord {
  id: string;
  intent_id: string;
  gateway_id: string;
  provider: string;
  method_type: string;
  method_token: string;
  state: AttemptState;
  provider_payment_id: string | null;
  action_url: string | null;
  error_code: string | null;
  error_message: string | null;
  authorized: number;
  captured: number;
  refund_pending: number;
  refunded: number;
  created_at: Date;
  settled_at: Date | null;
}

/**
 * Loads and stores intents with their attempts. The intent's row is the lock of both; every change of a state is an
 * UPDATE with `WHERE state = <the state it was decided on>`.
 */
@Injectable()
export class PaymentRepository {
  /** The open or paid intent of a payable, locked; null when there is none (canceled ones do not count). */
  async lockByPayable(tx: Transaction, payable: Payable): Promise<PaymentIntent | null> {
    const rows = await tx.query<IntentRecord>(
      `${INTENT} where tenant_id = $1 and payable_type = $2 and payable_id = $3 and status not in ('canceled', 'expired') for update`,
      [tx.tenantId, payable.type, payable.id],
    );
    return rows.length ? this.withAttempts(tx, rows[0]) : null;
  }

  /** The intent of an attempt, locked. */
  async lockByAttempt(tx: Transaction, attemptId: string): Promise<PaymentIntent | null> {
    const rows = await tx.query<IntentRecord>(
      `${INTENT} where tenant_id = $1 and id = (select intent_id from payments.attempts where tenant_id = $1 and id = $2) for update`,
      [tx.tenantId, attemptId],
    );
    return rows.length ? this.withAttempts(tx, rows[0]) : null;
  }

  /**
   * Stores the intent and its attempts and records its events.
   * @returns false when another transaction opened an intent of the same payable first; nothing is stored then.
   * @throws AppError conflict `payments.stale-state` when a row moved meanwhile
   */
  async save(tx: Transaction, intent: PaymentIntent): Promise<boolean> {
    if (intent.storedStatus === null) {
      if (!(await this.insertIntent(tx, intent))) return false;
    } else await this.updateIntent(tx, intent, intent.storedStatus);
    // Superseded attempts leave "in flight" before their successor enters it.
    for (const attempt of intent.attempts) {
      if (attempt.storedState !== null && attempt.storedState !== attempt.state)
        await this.updateAttempt(tx, attempt, attempt.storedState);
    }
    for (const attempt of intent.attempts)
      if (attempt.storedState === null) await this.insertAttempt(tx, intent, attempt);
    tx.record(...intent.pullEvents());
    return true;
  }

  private async withAttempts(tx: Transaction, row: IntentRecord): Promise<PaymentIntent> {
    const attempts = await tx.query<AttemptRecord>(ATTEMPTS, [tx.tenantId, row.id]);
    return new PaymentIntent(
      {
        id: row.id,
        payable: { type: row.payable_type, id: row.payable_id },
        amount: { amount: row.amount, currency: row.currency },
        status: row.status,
        returnUrl: row.return_url,
        metadata: row.metadata,
        error: errorOf(row),
        latestAttemptId: row.latest_attempt_id,
        cancelReason: row.cancel_reason,
        capturedAt: row.captured_at,
      },
      attempts.map(attemptOf),
      row.status,
    );
  }

  private async insertIntent(tx: Transaction, intent: PaymentIntent): Promise<boolean> {
    const inserted = await tx.execute(
      `insert into payments.intents (tenant_id, id, payable_type, payable_id, amount, currency, status, return_url, metadata,
         latest_attempt_id, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, kernel.now(), kernel.now()) on conflict do nothing`,
      [
        tx.tenantId,
        intent.id,
        intent.payable.type,
        intent.payable.id,
        intent.amount.amount,
        intent.amount.currency,
        intent.status,
        intent.returnUrl,
        JSON.stringify(intent.metadata),
        intent.latestAttemptId,
      ],
    );
    return inserted === 1;
  }

  private async updateIntent(tx: Transaction, intent: PaymentIntent, from: IntentStatus): Promise<void> {
    const updated = await tx.execute(
      `update payments.intents set status = $4, error_code = $5, error_message = $6, latest_attempt_id = $7, cancel_reason = $8,
         captured_at = $9, updated_at = kernel.now()
       where tenant_id = $1 and id = $2 and status = $3`,
      [
        tx.tenantId,
        intent.id,
        from,
        intent.status,
        intent.error?.code ?? null,
        intent.error?.message ?? null,
        intent.latestAttemptId,
        intent.cancelReason,
        intent.capturedAt,
      ],
    );
    if (updated !== 1) throw movedMeanwhile();
  }

  private async insertAttempt(tx: Transaction, intent: PaymentIntent, attempt: PaymentAttempt): Promise<void> {
    await tx.execute(
      `insert into payments.attempts (tenant_id, id, intent_id, gateway_id, provider, method_type, method_token, state, amount, currency,
         created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, kernel.now(), kernel.now())`,
      [
        tx.tenantId,
        attempt.id,
        intent.id,
        attempt.gatewayId,
        attempt.provider,
        attempt.method.type,
        attempt.method.token,
        attempt.state,
        intent.amount.amount,
        intent.amount.currency,
      ],
    );
  }

  private async updateAttempt(tx: Transaction, attempt: PaymentAttempt, from: AttemptState): Promise<void> {
    const updated = await tx.execute(
      `update payments.attempts set state = $4, provider_payment_id = $5, action_url = $6, error_code = $7, error_message = $8,
         authorized = $9, captured = $10, settled_at = $11, updated_at = kernel.now()
       where tenant_id = $1 and id = $2 and state = $3`,
      [
        tx.tenantId,
        attempt.id,
        from,
        attempt.state,
        attempt.providerPaymentId,
        attempt.actionUrl,
        attempt.error?.code ?? null,
        attempt.error?.message ?? null,
        attempt.authorized,
        attempt.captured,
        attempt.settledAt,
      ],
    );
    if (updated !== 1) throw movedMeanwhile();
  }
}

const errorOf = (row: {
  error_code: string | null;
  error_message: string | null;
}): { code: string; message: string } | null =>
  row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' };

const attemptOf = (row: AttemptRecord): PaymentAttempt => ({
  id: row.id,
  intentId: row.intent_id,
  gatewayId: row.gateway_id,
  provider: row.provider,
  method: { type: row.method_type, token: row.method_token },
  state: row.state,
  storedState: row.state,
  providerPaymentId: row.provider_payment_id,
  actionUrl: row.action_url,
  error: errorOf(row),
  authorized: row.authorized,
  captured: row.captured,
  refundPending: row.refund_pending,
  refunded: row.refunded,
  createdAt: row.created_at,
  settledAt: row.settled_at,
});
