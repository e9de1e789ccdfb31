import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { SettlementEntry } from '../domain/payment-gateway';
import type { Compared, MatchedEntry, Unreported } from '../domain/reconciliation';

/** A line of the account about a refund `r` in a direction; refunds of two accounts may have one id. */
const refundLine = (direction: '<' | '>'): string =>
  `exists (select from payments.settlement_entries o where o.tenant_id = r.tenant_id and o.gateway_id = $2 and o.type = 'refund'
     and o.object_id = r.provider_refund_id and o.amount ${direction} 0)`;

/**
 * What the provider reports. A line of a dispute that moves nothing but a fee is compared by it: the dispute tells of it too,
 * which is where it is booked. A refund that failed moves nothing on the whole: it is known where both of its lines are there. */
const MATCHES = `select e.provider_entry_id as "entryId", e.type as kind, coalesce(e.object_id, e.provider_payment_id) as "objectId",
    (case when e.type = 'dispute' and e.amount = 0 then -e.fee else e.amount end)::float8 as reported, e.fee::float8 as "reportedFee", e.currency, e.at,
    coalesce(a.intent_id, r.intent_id, d.intent_id) as "intentId", a.id as "attemptId",
    coalesce(a.captured, case when e.amount > 0 then r.amount else -r.amount end, d.amount)::float8 as expected, coalesce(a.currency, r.currency, d.currency) as "expectedCurrency",
    coalesce(a.fee, 0)::float8 as "knownFee"
  from payments.settlement_entries e
  left join payments.attempts a on e.type = 'charge' and a.tenant_id = e.tenant_id and a.gateway_id = e.gateway_id and a.captured > 0
    and (a.provider_payment_id = e.provider_payment_id or a.id = e.attempt_id)
  left join payments.refunds r on e.type = 'refund' and r.tenant_id = e.tenant_id and r.provider_refund_id = e.object_id
    and (r.reversed_at is not null or r.state = 'succeeded' and e.amount < 0
      or r.state in ('failed', 'canceled') and ${refundLine('<')} and ${refundLine('>')})
    and exists (select from payments.attempts x where x.tenant_id = r.tenant_id and x.id = r.attempt_id and x.gateway_id = e.gateway_id)
  left join lateral (
    select y.intent_id, m.currency,
      case when m.amount = 0 then -m.fee when m.kind = 'withdrawn' then -m.amount else m.amount end as amount
    from payments.disputes y join payments.dispute_movements m on m.tenant_id = y.tenant_id and m.dispute_id = y.id
    where e.type = 'dispute' and y.tenant_id = e.tenant_id and y.gateway_id = e.gateway_id
      and (m.provider_movement_id = e.provider_entry_id
        or (y.provider_dispute_id = e.object_id and (m.amount = 0) = (e.amount = 0)
          and (m.kind = 'withdrawn') = (e.amount < 0 or e.amount = 0 and e.fee > 0)))
    order by m.provider_movement_id = e.provider_entry_id desc limit 1) d on true
  where e.tenant_id = $1 and e.gateway_id = $2 and e.at >= $3 and e.at < $4 and e.type in ('charge', 'refund', 'dispute')`;

/** What the provider does not report. A refund that came back may be missing as a whole, not with one of its halves. */
const UNREPORTED = `select o.kind, o.id, o."intentId", o."objectId", o.expected::float8 as expected, o.currency, o.at from (
    select 'charge' as kind, a.id::text, a.intent_id as "intentId", a.provider_payment_id as "objectId", a.captured as expected, a.currency,
      a.settled_at as at
    from payments.attempts a where a.tenant_id = $1 and a.gateway_id = $2 and a.captured > 0 and a.settled_at >= $3 and a.settled_at < $4
      and not exists (select from payments.settlement_entries e where e.tenant_id = $1 and e.gateway_id = $2 and e.type = 'charge'
        and (e.provider_payment_id = a.provider_payment_id or e.attempt_id = a.id))
    union all
    select 'refund', r.id::text, r.intent_id, r.provider_refund_id, -r.amount, r.currency, r.settled_at
    from payments.refunds r join payments.attempts a on a.tenant_id = r.tenant_id and a.id = r.attempt_id
    where r.tenant_id = $1 and a.gateway_id = $2 and r.settled_at >= $3 and r.settled_at < $4 and not ${refundLine('<')}
      and (r.reversed_at is null and r.state = 'succeeded' or r.reversed_at is not null and ${refundLine('>')})
    union all
    select 'refund', r.id || ':back', r.intent_id, r.provider_refund_id, r.amount, r.currency, r.reversed_at
    from payments.refunds r join payments.attempts a on a.tenant_id = r.tenant_id and a.id = r.attempt_id
    where r.tenant_id = $1 and a.gateway_id = $2 and r.reversed_at >= $3 and r.reversed_at < $4
      and ${refundLine('<')} and not ${refundLine('>')}
    union all
    select 'dispute', m.id::text, d.intent_id, d.provider_dispute_id, case m.kind when 'withdrawn' then -m.amount else m.amount end, m.currency,
      m.moved_at
    from payments.dispute_movements m join payments.disputes d on d.tenant_id = m.tenant_id and d.id = m.dispute_id
    where m.tenant_id = $1 and d.gateway_id = $2 and m.amount > 0 and m.moved_at >= $3 and m.moved_at < $4
      and not exists (select from payments.settlement_entries e where e.tenant_id = $1 and e.gateway_id = $2 and e.type = 'dispute'
        and (e.provider_entry_id = m.provider_movement_id
          or (e.object_id = d.provider_dispute_id and (m.kind = 'withdrawn') = (e.amount < 0))))
  ) o`;

/** Reports of providers, and what comparing them told. */
@Injectable()
export class SettlementRepository {
  /** Writes entries that are not known yet. @returns their ids at the provider */
  async store(tx: Transaction, gatewayId: string, entries: readonly SettlementEntry[]): Promise<Set<string>> {
    if (entries.length === 0) return new Set();
    const fresh = await tx.query<{ id: string }>(
      `insert into payments.settlement_entries (tenant_id, id, gateway_id, provider_entry_id, type, provider_payment_id, attempt_id,
         object_id, amount, fee, currency, at)
       select $1, x.id, $2, x."entryId", x.type, x."paymentId", x."attemptId", x."objectId", x.amount, x.fee, x.currency, x.at
       from json_to_recordset($3::json) as x(id uuid, "entryId" text, type text, "paymentId" text, "attemptId" uuid, "objectId" text,
         amount bigint, fee bigint, currency text, at timestamptz)
       on conflict (tenant_id, gateway_id, provider_entry_id) do nothing returning provider_entry_id as id`,
      [
        tx.tenantId,
        gatewayId,
        JSON.stringify(
          entries.map((entry) => ({
            id: newId(),
            entryId: entry.id,
            type: entry.type,
            paymentId: entry.providerPaymentId,
            attemptId: entry.attemptId ?? null,
            objectId: entry.objectId,
            amount: entry.amount.amount,
            fee: entry.fee.amount,
            currency: entry.amount.currency,
            at: entry.at,
          })),
        ),
      ],
    );
    return new Set(fresh.map(({ id }) => id));
  }

  /** Opens the reconciliation of a period, or a further run of it; locked from then on. @returns its id */
  async begin(tx: Transaction, gatewayId: string, period: { from: Date; to: Date }): Promise<string> {
    const [{ id }] = await tx.query<{ id: string }>(
      `insert into payments.reconciliations (tenant_id, id, gateway_id, period_from, period_to, state, runs, created_at)
       values ($1, $2, $3, $4, $5, 'running', 0, kernel.now())
       on conflict (tenant_id, gateway_id, period_from, period_to) do update set state = 'running', last_error = null returning id`,
      [tx.tenantId, newId(), gatewayId, period.from, period.to],
    );
    return id;
  }

  async find(tx: Transaction, id: string): Promise<{ gatewayId: string; from: Date; to: Date } | null> {
    const [row] = await tx.query<{ gatewayId: string; from: Date; to: Date }>(
      `select gateway_id as "gatewayId", period_from as "from", period_to as "to" from payments.reconciliations
       where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  matches(tx: Transaction, gatewayId: string, from: Date, to: Date): Promise<MatchedEntry[]> {
    return tx.query<MatchedEntry>(MATCHES, [tx.tenantId, gatewayId, from, to]);
  }

  unreported(tx: Transaction, gatewayId: string, from: Date, to: Date): Promise<Unreported[]> {
    return tx.query<Unreported>(UNREPORTED, [tx.tenantId, gatewayId, from, to]);
  }

  /** The rows of a run in place of those of the run before; what somebody resolved keeps its note. */
  async finish(tx: Transaction, id: string, rows: readonly Compared[]): Promise<void> {
    await tx.execute(
      `delete from payments.reconciliation_rows where tenant_id = $1 and reconciliation_id = $2 and resolved_at is null
         and not key = any($3::text[])`,
      [tx.tenantId, id, rows.map(({ key }) => key)],
    );
    await tx.execute(
      `insert into payments.reconciliation_rows (tenant_id, id, reconciliation_id, key, status, kind, provider_entry_id, provider_object_id,
         intent_id, expected, reported, currency, at)
       select $1, x.id, $2, x.key, x.status, x.kind, x."entryId", x."objectId", x."intentId", x.expected, x.reported, x.currency, x.at
       from json_to_recordset($3::json) as x(id uuid, key text, status text, kind text, "entryId" text, "objectId" text, "intentId" uuid,
         expected bigint, reported bigint, currency text, at timestamptz)
       on conflict (tenant_id, reconciliation_id, key) do update set status = excluded.status, expected = excluded.expected,
         reported = excluded.reported, intent_id = excluded.intent_id, provider_entry_id = excluded.provider_entry_id`,
      [tx.tenantId, id, JSON.stringify(rows.map((row) => ({ ...row, id: newId() })))],
    );
    await tx.execute(
      `update payments.reconciliations set state = 'done', runs = runs + 1, finished_at = kernel.now(), last_error = null
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id],
    );
  }

  async fail(tx: Transaction, id: string, error: string): Promise<void> {
    await tx.execute(
      `update payments.reconciliations set state = 'failed', last_error = left($3, 300) where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, error],
    );
  }

  /** Writes what the provider kept of a charge, where it was not known or another. */
  async learnFee(tx: Transaction, attemptId: string, fee: number, currency: string): Promise<void> {
    await tx.execute(
      `update payments.attempts set fee = $3, fee_currency = $4, updated_at = kernel.now() where tenant_id = $1 and id = $2`,
      [tx.tenantId, attemptId, fee, currency],
    );
  }

  /** @returns false when there is no such row that differs */
  async resolve(tx: Transaction, id: string, rowId: string, note: string, actorId: string | null): Promise<boolean> {
    const resolved = await tx.execute(
      `update payments.reconciliation_rows set note = $4, resolved_at = kernel.now(), resolved_by = $5
       where tenant_id = $1 and reconciliation_id = $2 and id = $3 and status <> 'matched'`,
      [tx.tenantId, id, rowId, note, actorId],
    );
    return resolved === 1;
  }

  /** @returns false when the account is looked at daily already */
  async startDaily(tx: Transaction, gatewayId: string): Promise<boolean> {
    const started = await tx.execute(
      `update payments.gateways set reconciled_daily_since = kernel.now()
       where tenant_id = $1 and id = $2 and reconciled_daily_since is null`,
      [tx.tenantId, gatewayId],
    );
    return started === 1;
  }
}
