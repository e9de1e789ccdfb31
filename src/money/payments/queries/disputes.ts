import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page, type TimeRange } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import type { DisputeEvidence, DisputeState, EvidenceFileKind } from '../domain/dispute';
import { disputeNotFound } from '../domain/payments.errors';

/** A dispute, for the shop's staff. */
export interface DisputeSummary {
  id: string;
  paymentId: string;
  payable: { type: string; id: string };
  status: DisputeState;
  amount: Money;
  reason: string;
  gatewayId: string;
  provider: string;
  providerDisputeId: string;
  /** RFC 3339: until when evidence is taken. */
  evidenceDueBy: string | null;
  submissions: number;
  openedAt: string;
  closedAt: string | null;
}

export interface DisputeDetails extends DisputeSummary {
  evidence: DisputeEvidence;
  /** Files put by as evidence. */
  files: { kind: EvidenceFileKind; fileId: string; name: string; mediaType: string }[];
  /** What the provider took, and gave back. */
  movements: { kind: 'withdrawn' | 'reinstated'; amount: Money; fee: Money; at: string }[];
}

interface Row {
  id: string;
  intent_id: string;
  payable_type: string;
  payable_id: string;
  state: DisputeState;
  amount: number;
  currency: string;
  reason: string;
  gateway_id: string;
  provider: string;
  provider_dispute_id: string;
  evidence_due_at: Date | null;
  submissions: number;
  opened_at: Date;
  closed_at: Date | null;
}

const COLUMNS = `d.id, d.intent_id, i.payable_type, i.payable_id, d.state, d.amount::float8 as amount, d.currency, d.reason, d.gateway_id,
  d.provider, d.provider_dispute_id, d.evidence_due_at, d.submissions, d.opened_at, d.closed_at`;
const FROM = `payments.disputes d join payments.intents i on i.tenant_id = d.tenant_id and i.id = d.intent_id`;
const MOVEMENTS = `coalesce((select json_agg(json_build_object('kind', m.kind, 'amount', m.amount, 'fee', m.fee, 'currency', m.currency,
    'at', m.moved_at) order by m.moved_at, m.id)
  from payments.dispute_movements m where m.tenant_id = d.tenant_id and m.dispute_id = d.id), '[]') as movements`;

const FILES = `coalesce((select json_agg(json_build_object('kind', f.kind, 'fileId', f.file_id, 'name', f.name, 'mediaType', f.media_type)
    order by f.kind) from payments.dispute_files f where f.tenant_id = d.tenant_id and f.dispute_id = d.id), '[]') as files`;

const DISPUTES = keyset({
  id: 'd.id',
  sorts: {
    openedAt: { sql: 'd.opened_at', type: 'timestamptz' },
    evidenceDueBy: { sql: 'd.evidence_due_at', type: 'timestamptz', nullable: true },
  },
  defaultSort: '-openedAt',
  filters: {
    status: { sql: 'd.state', type: 'text' },
    paymentId: { sql: 'd.intent_id', type: 'uuid' },
    payableId: { sql: 'i.payable_id', type: 'uuid' },
    gatewayId: { sql: 'd.gateway_id', type: 'uuid' },
    openedAt: { sql: 'd.opened_at', type: 'timestamptz' },
    evidenceDueBy: { sql: 'd.evidence_due_at', type: 'timestamptz' },
  },
});

/** The shop's disputes. */
export class ListDisputesQuery extends Query<Page<DisputeSummary>> {
  constructor(
    readonly list: ListQuery & {
      status?: DisputeState[];
      paymentId?: string[];
      payableId?: string[];
      gatewayId?: string[];
      openedAt?: TimeRange;
      evidenceDueBy?: TimeRange;
    },
  ) {
    super();
  }
}

/** One dispute. @throws AppError not-found `payments.dispute-not-found` */
export class FindDisputeQuery extends Query<DisputeDetails> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(ListDisputesQuery)
export class ListDisputesHandler implements IQueryHandler<ListDisputesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListDisputesQuery): Promise<Page<DisputeSummary>> {
    return DISPUTES.run<Row, DisputeSummary>(this.database, list, {
      select: COLUMNS,
      from: FROM,
      where: 'd.tenant_id = $1',
      params: [currentContext().tenantId],
      map: summaryOf,
    });
  }
}

interface Movement {
  kind: 'withdrawn' | 'reinstated';
  amount: number;
  fee: number;
  currency: string;
  at: string;
}

@QueryHandler(FindDisputeQuery)
export class FindDisputeHandler implements IQueryHandler<FindDisputeQuery> {
  constructor(private readonly database: Database) {}

  async execute({ id }: FindDisputeQuery): Promise<DisputeDetails> {
    const [row] = await this.database.read<
      Row & Pick<DisputeDetails, 'evidence' | 'files'> & { movements: Movement[] }
    >(`select ${COLUMNS}, d.evidence, ${FILES}, ${MOVEMENTS} from ${FROM} where d.tenant_id = $1 and d.id = $2`, [
      currentContext().tenantId,
      id,
    ]);
    if (!row) throw disputeNotFound();
    return {
      ...summaryOf(row),
      evidence: row.evidence,
      files: row.files,
      movements: row.movements.map(({ kind, amount, fee, currency, at }) => ({
        kind,
        amount: { amount, currency },
        fee: { amount: fee, currency },
        at: new Date(at).toISOString(),
      })),
    };
  }
}

const summaryOf = (row: Row): DisputeSummary => ({
  id: row.id,
  paymentId: row.intent_id,
  payable: { type: row.payable_type, id: row.payable_id },
  status: row.state,
  amount: { amount: row.amount, currency: row.currency },
  reason: row.reason,
  gatewayId: row.gateway_id,
  provider: row.provider,
  providerDisputeId: row.provider_dispute_id,
  evidenceDueBy: row.evidence_due_at?.toISOString() ?? null,
  submissions: row.submissions,
  openedAt: row.opened_at.toISOString(),
  closedAt: row.closed_at?.toISOString() ?? null,
});
