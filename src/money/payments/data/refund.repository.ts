import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { RefundOutcome, ReportedRefund } from '../domain/payment-gateway';
import { OPEN_REFUNDS, type Earlier, type RefundState } from '../domain/refund';

/** Pieces that a refund is for; minor units. */
export interface RefundLineRow {
  lineId: string;
  quantity: number;
  amount: number;
  tax: number;
  takeBack: number;
  giveUp: number;
}

/** What a refund is for besides its amount. */
export interface RefundParts {
  note: string | null;
  actorId: string | null;
  lines: readonly RefundLineRow[];
  shipping: { amount: number; tax: number };
}

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
  shipping: number;
  shipping_tax: number;
  lines: RefundLineRow[];
}

/** A refund ended, or one that succeeded failed after all; null: nothing changed. */
export type Settled = 'settled' | 'reversed' | null;

const OPEN = `(${OPEN_REFUNDS.map((state) => `'${state}'`).join(', ')})`;
/** What went back at the provider's own console did go back, whatever it was to pay for. */
const WITHHELD = `case when $5 = 'provider' then 0 else withheld end`;
const NO_PARTS: RefundParts = { note: null, actorId: null, lines: [], shipping: { amount: 0, tax: 0 } };

/** Lines of the refund `r` as JSON. */
export const REFUND_LINES = `coalesce((select json_agg(json_build_object('lineId', l.line_id, 'quantity', l.quantity, 'amount', l.amount,
    'tax', l.tax, 'takeBack', l.take_back, 'giveUp', l.give_up) order by l.id)
  from payments.refund_lines l where l.tenant_id = r.tenant_id and l.refund_id = r.id), '[]')`;

/** Refunds, with `refunded + refund_pending <= captured` kept by conditional updates and, last, by a CHECK. */
@Injectable()
export class RefundRepository {
  /** Reserves the amount on the charge and writes the refund; null when so much is not left to give back. */
  async request(
    tx: Transaction,
    attemptId: string,
    amount: number,
    reason: string,
    parts: RefundParts = NO_PARTS,
  ): Promise<string | null> {
    const id = newId();
    const { note, actorId, lines, shipping } = parts;
    const [{ written }] = await tx.query<{ written: number }>(
      `with reserved as (
         update payments.attempts set refund_pending = refund_pending + $4, updated_at = kernel.now()
         where tenant_id = $1 and id = $3 and captured - refunded - refund_pending - ${WITHHELD} >= $4
         returning intent_id, currency),
       made as (
         insert into payments.refunds (tenant_id, id, intent_id, attempt_id, amount, currency, reason, state, note, actor_id, shipping,
           shipping_tax, created_at, updated_at)
         select $1, $2, intent_id, $3, $4, currency, $5, 'requested', $6, $7, $8, $9, kernel.now(), kernel.now() from reserved
         returning id, intent_id),
       lines as (
         insert into payments.refund_lines (tenant_id, id, refund_id, intent_id, line_id, quantity, amount, tax, take_back, give_up)
         select $1, x.id, made.id, made.intent_id, x."lineId", x.quantity, x.amount, x.tax, x."takeBack", x."giveUp"
         from made, json_to_recordset($10::json) as x(id uuid, "lineId" uuid, quantity int, amount bigint, tax bigint,
           "takeBack" int, "giveUp" int))
       select count(*)::int as written from made`,
      [
        tx.tenantId,
        id,
        attemptId,
        amount,
        reason,
        note,
        actorId,
        shipping.amount,
        shipping.tax,
        JSON.stringify(lines.map((line) => ({ ...line, id: newId() }))),
      ],
    );
    return written === 1 ? id : null;
  }

  /** Keeps a part of a charge from going back, or with a negative amount lets it; false when not so much is left. */
  async withhold(tx: Transaction, attemptId: string, amount: number): Promise<boolean> {
    const written = await tx.execute(
      `update payments.attempts set withheld = withheld + $3, updated_at = kernel.now()
       where tenant_id = $1 and id = $2 and captured - refunded - refund_pending - withheld >= $3 and withheld + $3 >= 0`,
      [tx.tenantId, attemptId, amount],
    );
    return written === 1;
  }

  async find(tx: Transaction, refundId: string): Promise<RefundRow | null> {
    const rows = await tx.query<RefundRow>(
      `select r.id, r.intent_id, r.attempt_id, a.gateway_id, a.provider, a.provider_payment_id, r.amount::float8 as amount, r.currency,
         r.reason, r.state, r.shipping::float8 as shipping, r.shipping_tax::float8 as shipping_tax, ${REFUND_LINES} as lines
       from payments.refunds r join payments.attempts a on a.tenant_id = r.tenant_id and a.id = r.attempt_id
       where r.tenant_id = $1 and r.id = $2`,
      [tx.tenantId, refundId],
    );
    return rows[0] ?? null;
  }

  /** What went back of a payment by line, and for the freight, or is on its way; the payment is locked. */
  async earlier(tx: Transaction, intentId: string): Promise<{ lines: Map<string, Earlier>; shipping: number }> {
    const rows = await tx.query<{ line: string | null; quantity: number; amount: number }>(
      `select l.line_id as line, sum(l.quantity)::float8 as quantity, sum(l.amount)::float8 as amount
       from payments.refund_lines l join payments.refunds r on r.tenant_id = l.tenant_id and r.id = l.refund_id
       where l.tenant_id = $1 and l.intent_id = $2 and r.state not in ('failed', 'canceled') group by l.line_id
       union all
       select null, 0, coalesce(sum(shipping), 0)::float8 from payments.refunds
       where tenant_id = $1 and intent_id = $2 and state not in ('failed', 'canceled')`,
      [tx.tenantId, intentId],
    );
    return {
      lines: new Map(rows.flatMap(({ line, quantity, amount }) => (line ? [[line, { quantity, amount }]] : []))),
      shipping: rows.find(({ line }) => line === null)!.amount,
    };
  }

  /**
   * Writes what the gateway said; the caller holds the intent's lock. Moves money from pending to refunded, or gives it
   * back to the charge, from refunded too where it failed after all. @returns what this call did to the refund
   */
  async settle(tx: Transaction, refundId: string, outcome: RefundOutcome): Promise<Settled> {
    if (outcome.status === 'pending' || outcome.status === 'requires_action') {
      await tx.execute(
        `update payments.refunds set state = $4, provider_refund_id = coalesce(provider_refund_id, $3), updated_at = kernel.now()
         where tenant_id = $1 and id = $2 and state in ${OPEN}`,
        [tx.tenantId, refundId, outcome.providerRefundId, outcome.status],
      );
      return null;
    }
    const failure = 'code' in outcome ? outcome : null;
    const settled = await tx.execute(
      `with settled as (
         update payments.refunds set state = $3, provider_refund_id = coalesce(provider_refund_id, $4), error_code = $5,
           error_message = $6, updated_at = kernel.now(), settled_at = kernel.now()
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
    if (settled === 1) return 'settled';
    return failure && (await this.reverse(tx, refundId, failure)) ? 'reversed' : null;
  }

  /** The money of a refund that succeeded came back to the provider. @returns false where it did not succeed, or this is known */
  private async reverse(
    tx: Transaction,
    refundId: string,
    failure: { code: string; message: string },
  ): Promise<boolean> {
    const reversed = await tx.execute(
      `with reversed as (
         update payments.refunds set state = 'failed', error_code = $3, error_message = $4, reversed_at = kernel.now(),
           updated_at = kernel.now()
         where tenant_id = $1 and id = $2 and state = 'succeeded' returning attempt_id, amount)
       update payments.attempts a set refunded = a.refunded - r.amount, updated_at = kernel.now()
       from reversed r where a.tenant_id = $1 and a.id = r.attempt_id`,
      [tx.tenantId, refundId, failure.code, failure.message],
    );
    return reversed === 1;
  }

  /**
   * Brings a refund that the provider reports into line: ours by our id or the provider's, or one made at the provider's
   * own console, which is written down here. @returns the refund that this call changed, and how, or null
   */
  async absorb(
    tx: Transaction,
    attemptId: string,
    reported: ReportedRefund,
  ): Promise<{ id: string; settled: 'settled' | 'reversed' } | null> {
    const known = await tx.query<{ id: string }>(
      `select id from payments.refunds where tenant_id = $1 and attempt_id = $2 and (id = $3 or provider_refund_id = $4)`,
      [tx.tenantId, attemptId, reported.refundId, reported.outcome.providerRefundId],
    );
    const id =
      known[0]?.id ??
      (['failed', 'canceled'].includes(reported.outcome.status)
        ? null
        : await this.request(tx, attemptId, reported.amount.amount, 'provider'));
    const settled = id === null ? null : await this.settle(tx, id, reported.outcome);
    return settled && { id: id!, settled };
  }
}
