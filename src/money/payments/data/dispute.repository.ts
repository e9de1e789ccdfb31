import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { DisputeEvidence, DisputeState, EvidenceFileKind } from '../domain/dispute';
import type { DisputeMovement, ReportedDispute } from '../domain/payment-gateway';

/** How a dispute is being answered just now. */
export type Answering = 'submit' | 'accept';

export interface DisputeRow {
  id: string;
  gatewayId: string;
  provider: string;
  providerDisputeId: string;
  intentId: string;
  attemptId: string;
  payableType: 'order';
  payableId: string;
  amount: number;
  currency: string;
  reason: string;
  state: DisputeState;
  evidenceDueAt: Date | null;
  evidence: DisputeEvidence;
  submissions: number;
  answering: Answering | null;
  answeringSince: Date | null;
  /** Names this answer to the provider, however often it is given; null: the next one has a new name. */
  answerKey: string | null;
  /** Withdrawn less reinstated, minor units of the currency that the provider settles in. */
  kept: number;
  keptCurrency: string | null;
}

const COLUMNS = `d.id, d.gateway_id as "gatewayId", d.provider, d.provider_dispute_id as "providerDisputeId", d.intent_id as "intentId",
  d.attempt_id as "attemptId", i.payable_type as "payableType", i.payable_id as "payableId", d.amount::float8 as amount, d.currency,
  d.reason, d.state, d.evidence_due_at as "evidenceDueAt", d.evidence, d.submissions, d.answering,
  d.answering_since as "answeringSince", d.answer_key as "answerKey", d.kept::float8 as kept,
  d.kept_currency as "keptCurrency"`;
const FROM = `payments.disputes d join payments.intents i on i.tenant_id = d.tenant_id and i.id = d.intent_id`;

/** What a dispute has that nobody is answering. */
export const UNANSWERED = { answering: null, answeringSince: null, answerKey: null } as const;

/** Disputes and how their money moved. Whoever changes one has locked its row. */
@Injectable()
export class DisputeRepository {
  /** Writes a dispute that is not known yet; the row is locked from then on. @returns its id; null when it is known */
  async open(
    tx: Transaction,
    of: { gatewayId: string; provider: string; intentId: string; attemptId: string },
    reported: ReportedDispute,
  ): Promise<string | null> {
    const id = newId();
    const written = await tx.execute(
      `insert into payments.disputes (tenant_id, id, gateway_id, provider, provider_dispute_id, intent_id, attempt_id, amount, currency,
         reason, state, evidence_due_at, opened_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, left($10, 100), $11, $12, coalesce($13, kernel.now()), kernel.now())
       on conflict (tenant_id, gateway_id, provider_dispute_id) do nothing`,
      [
        tx.tenantId,
        id,
        of.gatewayId,
        of.provider,
        reported.providerDisputeId,
        of.intentId,
        of.attemptId,
        reported.amount.amount,
        reported.amount.currency,
        reported.reason,
        reported.status,
        reported.evidenceDueBy,
        reported.openedAt,
      ],
    );
    return written === 1 ? id : null;
  }

  /** A dispute, locked; null when the tenant has none. */
  async lock(
    tx: Transaction,
    of: { id: string } | { gatewayId: string; providerDisputeId: string },
  ): Promise<DisputeRow | null> {
    const [where, params] =
      'id' in of
        ? ['d.id = $2', [of.id]]
        : ['d.gateway_id = $2 and d.provider_dispute_id = $3', [of.gatewayId, of.providerDisputeId]];
    const [row] = await tx.query<DisputeRow>(
      `select ${COLUMNS} from ${FROM} where d.tenant_id = $1 and ${where as string} for update of d`,
      [tx.tenantId, ...params],
    );
    return row ?? null;
  }

  /** Stores what is decided about a locked dispute. */
  async save(tx: Transaction, dispute: DisputeRow): Promise<void> {
    await tx.execute(
      `update payments.disputes set state = $3, amount = $4, reason = left($5, 100), evidence_due_at = $6, evidence = $7, submissions = $8,
         answering = $9, answering_since = $10, answer_key = $11, kept = $12, kept_currency = $13, updated_at = kernel.now(),
         closed_at = case when $3 in ('won', 'lost', 'warning_closed') then coalesce(closed_at, kernel.now()) end
       where tenant_id = $1 and id = $2`,
      [
        tx.tenantId,
        dispute.id,
        dispute.state,
        dispute.amount,
        dispute.reason,
        dispute.evidenceDueAt,
        JSON.stringify(dispute.evidence),
        dispute.submissions,
        dispute.answering,
        dispute.answeringSince,
        dispute.answerKey,
        dispute.kept,
        dispute.keptCurrency,
      ],
    );
  }

  /** Files put by as evidence. */
  files(tx: Transaction, disputeId: string): Promise<{ kind: EvidenceFileKind; fileId: string }[]> {
    return tx.query(
      `select kind, file_id as "fileId" from payments.dispute_files where tenant_id = $1 and dispute_id = $2 order by kind`,
      [tx.tenantId, disputeId],
    );
  }

  /** Puts a file by in the place of the one of its kind; null takes that out. */
  async putFile(
    tx: Transaction,
    disputeId: string,
    kind: EvidenceFileKind,
    file: { id: string; name: string; mediaType: string } | null,
  ): Promise<void> {
    if (!file) {
      await tx.execute('delete from payments.dispute_files where tenant_id = $1 and dispute_id = $2 and kind = $3', [
        tx.tenantId,
        disputeId,
        kind,
      ]);
      return;
    }
    await tx.execute(
      `insert into payments.dispute_files (tenant_id, id, dispute_id, kind, file_id, name, media_type, added_at)
       values ($1, $2, $3, $4, $5, $6, $7, kernel.now())
       on conflict (tenant_id, dispute_id, kind) do update
         set file_id = excluded.file_id, name = excluded.name, media_type = excluded.media_type, added_at = excluded.added_at`,
      [tx.tenantId, newId(), disputeId, kind, file.id, file.name, file.mediaType],
    );
  }

  /** Writes movements that are not known yet. @returns those */
  async move(tx: Transaction, disputeId: string, movements: readonly DisputeMovement[]): Promise<DisputeMovement[]> {
    if (movements.length === 0) return [];
    const fresh = await tx.query<{ provider_movement_id: string }>(
      `insert into payments.dispute_movements (tenant_id, id, dispute_id, provider_movement_id, kind, amount, fee, currency, moved_at)
       select $1, x.id, $2, x."movementId", x.kind, x.amount, x.fee, x.currency, x.at
       from json_to_recordset($3::json) as x(id uuid, "movementId" text, kind text, amount bigint, fee bigint, currency text, at timestamptz)
       on conflict (tenant_id, dispute_id, provider_movement_id) do nothing returning provider_movement_id`,
      [
        tx.tenantId,
        disputeId,
        JSON.stringify(
          movements.map((one) => ({
            id: newId(),
            movementId: one.id,
            kind: one.kind,
            amount: one.amount.amount,
            fee: one.fee?.amount ?? 0,
            currency: one.amount.currency,
            at: one.at,
          })),
        ),
      ],
    );
    const known = new Set(fresh.map((row) => row.provider_movement_id));
    return movements.filter(({ id }) => known.has(id));
  }

  /** Whether a charge has a dispute in one of these states. */
  async disputed(tx: Transaction, attemptId: string, states: readonly DisputeState[]): Promise<boolean> {
    const rows = await tx.query(
      `select id from payments.disputes where tenant_id = $1 and attempt_id = $2 and state = any($3::text[]) limit 1`,
      [tx.tenantId, attemptId, states],
    );
    return rows.length > 0;
  }
}
