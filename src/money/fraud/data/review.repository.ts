import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { Review } from '../domain/review';

interface Row {
  id: string;
  assessment_id: string;
  attempt_id: string;
  intent_id: string;
  payable_type: string;
  payable_id: string;
  amount: number;
  currency: string;
  score: number;
  state: Review['state'];
  assignee_id: string | null;
  due_at: Date;
  reject_at: Date;
  overdue: boolean;
}

const SELECT = `select id, assessment_id, attempt_id, intent_id, payable_type, payable_id, amount::float8 as amount, currency, score, state,
  assignee_id, due_at, reject_at, overdue from fraud.reviews where tenant_id = $1`;

/** Reviews; every decision locks its row first. */
@Injectable()
export class ReviewRepository {
  /** Opens a review. @returns false where the try has one already */
  async insert(tx: Transaction, review: Review): Promise<boolean> {
    const { amount, payable } = review;
    const inserted = await tx.execute(
      `insert into fraud.reviews (tenant_id, id, assessment_id, attempt_id, intent_id, payable_type, payable_id, amount, currency, score,
         opened_at, due_at, reject_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, kernel.now(), $11, $12) on conflict do nothing`,
      [
        tx.tenantId,
        review.id,
        review.assessmentId,
        review.attemptId,
        review.intentId,
        payable.type,
        payable.id,
        amount.amount,
        amount.currency,
        review.score,
        review.dueAt,
        review.rejectAt,
      ],
    );
    return inserted === 1;
  }

  async lock(tx: Transaction, id: string): Promise<Review | null> {
    const [row] = await tx.query<Row>(`${SELECT} and id = $2 for update`, [tx.tenantId, id]);
    return row ? reviewOf(row) : null;
  }

  /** The open review of a try, locked. */
  async lockOpen(tx: Transaction, attemptId: string): Promise<Review | null> {
    const [row] = await tx.query<Row>(`${SELECT} and attempt_id = $2 and state = 'open' for update`, [
      tx.tenantId,
      attemptId,
    ]);
    return row ? reviewOf(row) : null;
  }

  decide(
    tx: Transaction,
    { id, state }: Review,
    how: 'person' | 'time' | 'payment',
    by: string | null,
    note: string | null,
  ): void {
    tx.later(
      `update fraud.reviews set state = $3, decided_at = kernel.now(), decided_how = $4, decided_by = $5, note = $6
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, state, how, by, note],
    );
  }

  assign(tx: Transaction, id: string, userId: string | null): void {
    tx.later('update fraud.reviews set assignee_id = $3 where tenant_id = $1 and id = $2', [tx.tenantId, id, userId]);
  }

  markOverdue(tx: Transaction, id: string): void {
    tx.later('update fraud.reviews set overdue = true where tenant_id = $1 and id = $2', [tx.tenantId, id]);
  }

  note(tx: Transaction, reviewId: string, authorId: string | null, text: string): void {
    tx.later(
      `insert into fraud.review_notes (tenant_id, id, review_id, author_id, text, at) values ($1, $2, $3, $4, $5, kernel.now())`,
      [tx.tenantId, newId(), reviewId, authorId, text],
    );
  }
}

const reviewOf = (row: Row): Review => ({
  id: row.id,
  assessmentId: row.assessment_id,
  attemptId: row.attempt_id,
  intentId: row.intent_id,
  payable: { type: row.payable_type, id: row.payable_id },
  amount: { amount: row.amount, currency: row.currency },
  score: row.score,
  state: row.state,
  assigneeId: row.assignee_id,
  dueAt: row.due_at,
  rejectAt: row.reject_at,
  overdue: row.overdue,
});
