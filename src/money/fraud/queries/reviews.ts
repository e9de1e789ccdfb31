import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { reviewNotFound } from '../domain/fraud.errors';
import type { ReviewState } from '../domain/review';

export interface ReviewFacts {
  id: string;
  status: ReviewState;
  assessmentId: string;
  paymentId: string;
  payable: { type: string; id: string };
  amount: Money;
  score: number;
  /** Sentences for people. */
  reasons: string[];
  email: string | null;
  assigneeId: string | null;
  openedAt: string;
  /** When it should be decided by. */
  dueAt: string;
  overdue: boolean;
  /** When it is rejected by itself. */
  rejectAt: string;
  decidedAt: string | null;
  decidedBy: string | null;
  decidedHow: 'person' | 'time' | 'payment' | null;
  note: string | null;
}

export interface ReviewDetails extends ReviewFacts {
  notes: { authorId: string | null; text: string; at: string }[];
}

export class ListReviewsQuery extends Query<Page<ReviewFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fraud.review-not-found` */
export class FindReviewQuery extends Query<ReviewDetails> {
  constructor(readonly reviewId: string) {
    super();
  }
}

const COLUMNS = `r.id, r.state, r.assessment_id, r.intent_id, r.payable_type, r.payable_id, r.amount::float8 as amount, r.currency,
  r.score, a.reasons, a.email, r.assignee_id, r.opened_at, r.due_at, r.overdue, r.reject_at, r.decided_at, r.decided_by, r.decided_how, r.note`;
const FROM = 'fraud.reviews r join fraud.assessments a on a.tenant_id = r.tenant_id and a.id = r.assessment_id';

interface Row {
  id: string;
  state: ReviewState;
  assessment_id: string;
  intent_id: string;
  payable_type: string;
  payable_id: string;
  amount: number;
  currency: string;
  score: number;
  reasons: string[];
  email: string | null;
  assignee_id: string | null;
  opened_at: Date;
  due_at: Date;
  overdue: boolean;
  reject_at: Date;
  decided_at: Date | null;
  decided_by: string | null;
  decided_how: ReviewFacts['decidedHow'];
  note: string | null;
}

const viewOf = (row: Row): ReviewFacts => ({
  id: row.id,
  status: row.state,
  assessmentId: row.assessment_id,
  paymentId: row.intent_id,
  payable: { type: row.payable_type, id: row.payable_id },
  amount: { amount: row.amount, currency: row.currency },
  score: row.score,
  reasons: row.reasons,
  email: row.email,
  assigneeId: row.assignee_id,
  openedAt: row.opened_at.toISOString(),
  dueAt: row.due_at.toISOString(),
  overdue: row.overdue,
  rejectAt: row.reject_at.toISOString(),
  decidedAt: row.decided_at?.toISOString() ?? null,
  decidedBy: row.decided_by,
  decidedHow: row.decided_how,
  note: row.note,
});

const REVIEWS = keyset({
  id: 'r.id',
  sorts: {
    openedAt: { sql: 'r.opened_at', type: 'timestamptz' },
    dueAt: { sql: 'r.due_at', type: 'timestamptz' },
    score: { sql: 'r.score', type: 'int' },
  },
  defaultSort: '-openedAt',
  filters: {
    status: { sql: 'r.state', type: 'text' },
    assigneeId: { sql: 'r.assignee_id', type: 'uuid' },
    overdue: { sql: 'r.overdue', type: 'boolean' },
    paymentId: { sql: 'r.intent_id', type: 'uuid' },
    payableId: { sql: 'r.payable_id', type: 'text' },
  },
});

@QueryHandler(ListReviewsQuery)
export class ListReviewsHandler implements IQueryHandler<ListReviewsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListReviewsQuery): Promise<Page<ReviewFacts>> {
    return REVIEWS.run<Row, ReviewFacts>(this.database, list, {
      select: COLUMNS,
      from: FROM,
      where: 'r.tenant_id = kernel.tenant_id()',
      map: viewOf,
    });
  }
}

@QueryHandler(FindReviewQuery)
export class FindReviewHandler implements IQueryHandler<FindReviewQuery> {
  constructor(private readonly database: Database) {}

  async execute({ reviewId }: FindReviewQuery): Promise<ReviewDetails> {
    const [row] = await this.database.read<Row & { notes: { authorId: string | null; text: string; at: string }[] }>(
      `select ${COLUMNS}, (select coalesce(jsonb_agg(jsonb_build_object('authorId', n.author_id, 'text', n.text, 'at', n.at)
           order by n.id), '[]') from fraud.review_notes n where n.tenant_id = r.tenant_id and n.review_id = r.id) as notes
       from ${FROM} where r.tenant_id = kernel.tenant_id() and r.id = $1`,
      [reviewId],
    );
    if (!row) throw reviewNotFound();
    const notes = row.notes.map((note) => ({ ...note, at: new Date(note.at).toISOString() }));
    return { ...viewOf(row), notes };
  }
}
