import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { RefundOutcome, ReportedRefund } from '../domain/payment-gateway';

export type RefundState = 'requested' | 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';

/** A refund with what the gateway needs to know of its charge. */
export interface RefundRow {
  id: string;
  intent_id: string;
  attempt_id: string;
  gateway_id: string;
  provider: string;
  provider_payment_id: string | null;
  amount: number;
  currency: string;
  reason: string;
  state: RefundState;
}

const OPEN = `('requested', 'pending', 'requires_action')`;

/** Refunds, with `refunded + refund_pending <= captured` kept by conditional updates and, last, by a CHECK. */
@Injectable()
export class RefundRepository {
  /** Reserves the amount on the charge and writes the refund; null when so much is not left to give back. */
  async request(tx: Transaction, attemptId: string, amount: number, reason: string): Promise<string | null> {
    const id = newId();
    const written = await tx.execute(
      `with reserved as (
         update payments.attempts set refund_pending = refund_pending + $4, updated_at = kernel.now()
         where tenant_id = $1 and id = $3 and captured - refunded - refund_pending >= $4
         returning intent_id, currency)
       insert into payments.refunds (tenant_id, id, intent_id, attempt_id, amount, currency, reason, state, created_at, updated_at)
       select $1, $2, intent_id, $3, $4, currency, $5, 'requested', kernel.now(), kernel.now() from reserved`,
      [tx.tenantId, id, attemptId, amount, reason],
    );
    return written === 1 ? id : null;
  }

  async find(tx: Transaction, refundId: string): Promise<RefundRow | null> {
    const rows = await tx.query<RefundRow>(
      `select r.id, r.intent_id, r.attempt_id, a.gateway_id, a.provider, a.provider_payment_id, r.amount::float8 as amount, r.currency,
         r.reason, r.state
       from payments.refunds r join payments.attempts a on a.tenant_id = r.tenant_id and a.id = r.attempt_id
       where r.tenant_id = $1 and r.id = $2`,
      [tx.tenantId, refundId],
    );
    return rows[0] ?? null;
  }

  /**
   * Writes what the gateway said; the caller holds the intent's lock. Moves money from pending to refunded, or gives it
   * back to the charge. @returns true when this call settled the refund
   */
  async settle(tx: Transaction, refundId: string, outcome: RefundOutcome): Promise<boolean> {
    if (outcome.status === 'pending') {
      await tx.execute(
        `update payments.refunds set state = 'pending', provider_refund_id = coalesce(provider_refund_id, $3), updated_at = kernel.now()
         where tenant_id = $1 and id = $2 and state in ('requested', 'pending')`,
        [tx.tenantId, refundId, outcome.providerRefundId],
      );
      return false;
    }
    const failure = outcome.status === 'failed' ? outcome : null;
    const settled = await tx.execute(
      `with settled as (
         update payments.refunds set state = $3, provider_refund_id = coalesce(provider_refund_id, $4), error_code = $5,
           error_message = $6, updated_at = kernel.now()
         where tenant_id = $1 and id = $2 and state in ${OPEN} returning attempt_id, amount)
       update payments.attempts a set refund_pending = a.refund_pending - s.amount,
         refunded = a.refunded + case when $3 = 'succeeded' then s.amount else 0 end, updated_at = kernel.now()
       from settled s where a.tenant_id = $1 and a.id = s.attempt_id`,
      [
        tx.tenantId,
        refundId,
        outcome.status,
        outcome.providerRefundId,
        failure?.code ?? null,
        failure?.message ?? null,
      ],
    );
    return settled === 1;
  }

  /**
   * Brings a refund that the provider reports into line: ours by our id or the provider's, or one made at the provider's
   * own console, which is written down here. @returns the id of the refund that this call settled, given back or failed, or null
   */
  async absorb(tx: Transaction, attemptId: string, reported: ReportedRefund): Promise<string | null> {
    const known = await tx.query<{ id: string }>(
      `select id from payments.refunds where tenant_id = $1 and attempt_id = $2 and (id = $3 or provider_refund_id = $4)`,
      [tx.tenantId, attemptId, reported.refundId, reported.outcome.providerRefundId],
    );
    const id =
      known[0]?.id ??
      (reported.outcome.status === 'failed'
        ? null
        : await this.request(tx, attemptId, reported.amount.amount, 'provider'));
    if (id === null) return null;
    return (await this.settle(tx, id, reported.outcome)) ? id : null;
  }
}
