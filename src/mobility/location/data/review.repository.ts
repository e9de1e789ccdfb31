import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { placeNotFound, reviewNotFound } from '../domain/places.errors';
import type { ReportReason } from '../domain/review';

/** What of a review decides whether, and how much, it counts. */
export interface Standing {
  id: string;
  place_id: string;
  user_id: string | null;
  stars: number;
  hidden: boolean;
  /** Its author deleted it while it was hidden: what is left keeps another one from being written. */
  withdrawn: boolean;
}

const STANDING =
  'r.id, r.place_id, r.user_id, r.stars, r.hidden_at is not null as hidden, r.withdrawn_at is not null as withdrawn';

/**
 * Reviews, and the rating of their place. Whoever changes what counts locks the place first and the review then, so
 * that writers of one place follow each other, and moves count and sum by the difference in the same commit.
 */
@Injectable()
export class ReviewRepository {
  /** Locks a place. @throws AppError not-found `location.place-not-found` */
  async lockPlace(tx: Transaction, placeId: string): Promise<{ listed: boolean }> {
    const [found] = await tx.query<{ listed: boolean }>(
      'select listed from location.places where tenant_id = $1 and id = $2 for no key update',
      [tx.tenantId, placeId],
    );
    if (!found) throw placeNotFound();
    return found;
  }

  /** A user's review of a place that is locked. */
  async ofUser(tx: Transaction, placeId: string, userId: string): Promise<Standing | null> {
    const [row] = await tx.query<Standing>(
      `select ${STANDING} from location.place_reviews r where r.tenant_id = $1 and r.place_id = $2 and r.user_id = $3 for no key update`,
      [tx.tenantId, placeId, userId],
    );
    return row ?? null;
  }

  /** Locks the place of a review, and the review. @throws AppError not-found `location.review-not-found` */
  async lock(tx: Transaction, reviewId: string, listedAlone = false): Promise<Standing> {
    const [place] = await tx.query(
      `select 1 as locked from location.places p where p.tenant_id = $1 and (p.listed or not $3)
         and p.id = (select r.place_id from location.place_reviews r where r.tenant_id = $1 and r.id = $2) for no key update`,
      [tx.tenantId, reviewId, listedAlone],
    );
    if (!place) throw reviewNotFound();
    const [row] = await tx.query<Standing>(
      `select ${STANDING} from location.place_reviews r where r.tenant_id = $1 and r.id = $2 for no key update`,
      [tx.tenantId, reviewId],
    );
    if (!row) throw reviewNotFound();
    return row;
  }

  async insert(
    tx: Transaction,
    review: { placeId: string; userId: string; stars: number; text: string | null; byline: string | null; at: Date },
  ): Promise<void> {
    const { placeId, userId, stars, text, byline, at } = review;
    await tx.execute(
      `insert into location.place_reviews (tenant_id, id, place_id, user_id, stars, body, byline, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [tx.tenantId, newId(), placeId, userId, stars, text, byline, at],
    );
    await this.count(tx, placeId, 1, stars);
  }

  async rewrite(
    tx: Transaction,
    before: Standing,
    review: { stars: number; text: string | null; byline: string | null; at: Date },
  ): Promise<void> {
    const { stars, text, byline, at } = review;
    // What was answered was something else: it does not stand under new words. The same once more changes nothing.
    await tx.execute(
      `update location.place_reviews set stars = $3, body = $4, byline = $5, edited_at = $6,
         answer = case when (stars, body) is not distinct from ($3::smallint, $4) then answer end,
         answered_by = case when (stars, body) is not distinct from ($3::smallint, $4) then answered_by end,
         answered_at = case when (stars, body) is not distinct from ($3::smallint, $4) then answered_at end
       where tenant_id = $1 and id = $2 and (stars, body, byline) is distinct from ($3::smallint, $4, $5)`,
      [tx.tenantId, before.id, stars, text, byline, at],
    );
    await this.count(tx, before.place_id, 0, stars - before.stars);
  }

  async remove(tx: Transaction, review: Standing): Promise<void> {
    await tx.execute('delete from location.place_reviews where tenant_id = $1 and id = $2', [tx.tenantId, review.id]);
    if (!review.hidden) await this.count(tx, review.place_id, -1, -review.stars);
  }

  /** Takes the words of a hidden review away for good; the row stays, and stays hidden. */
  async withdraw(tx: Transaction, review: Standing, at: Date): Promise<void> {
    await tx.execute(
      `update location.place_reviews set body = null, byline = null, answer = null, answered_by = null, answered_at = null, withdrawn_at = $3
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, review.id, at],
    );
  }

  /** Hides it for a reason, or with null shows it again; reports of it are settled with that. */
  async setHidden(
    tx: Transaction,
    review: Standing,
    hidden: { reason: string; by: string | null } | null,
    at: Date,
  ): Promise<void> {
    await tx.execute(
      `update location.place_reviews set hidden_at = $3, hidden_reason = $4, hidden_by = $5, open_reports = 0,
         withdrawn_at = case when $3::timestamptz is not null then withdrawn_at end where tenant_id = $1 and id = $2`,
      [tx.tenantId, review.id, hidden ? at : null, hidden?.reason ?? null, hidden?.by ?? null],
    );
    await tx.execute(
      'update location.place_review_reports set settled_at = $3 where tenant_id = $1 and review_id = $2 and settled_at is null',
      [tx.tenantId, review.id, at],
    );
    if (review.hidden === (hidden !== null)) return;
    await this.count(tx, review.place_id, hidden ? -1 : 1, hidden ? -review.stars : review.stars);
  }

  async answer(
    tx: Transaction,
    reviewId: string,
    answer: { text: string; by: string | null; at: Date } | null,
  ): Promise<void> {
    await tx.execute(
      `update location.place_reviews set answer = $3, answered_by = $4, answered_at = $5 where tenant_id = $1 and id = $2`,
      [tx.tenantId, reviewId, answer?.text ?? null, answer?.by ?? null, answer?.at ?? null],
    );
  }

  /** Once by each user; once it was decided, again where it says something else since. @returns false when the user reported it before */
  async report(
    tx: Transaction,
    reviewId: string,
    report: { userId: string; reason: ReportReason; note: string | null; at: Date },
  ): Promise<boolean> {
    const { userId, reason, note, at } = report;
    const added = await tx.execute(
      `insert into location.place_review_reports as t (tenant_id, id, review_id, user_id, reason, note, created_at)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict on constraint place_review_reports_one do update
         set reason = excluded.reason, note = excluded.note, created_at = excluded.created_at, settled_at = null
       where t.settled_at < (select r.edited_at from location.place_reviews r where r.tenant_id = $1 and r.id = $3)`,
      [tx.tenantId, newId(), reviewId, userId, reason, note, at],
    );
    if (added === 0) return false;
    await tx.execute(
      'update location.place_reviews set open_reports = open_reports + 1 where tenant_id = $1 and id = $2',
      [tx.tenantId, reviewId],
    );
    return true;
  }

  private async count(tx: Transaction, placeId: string, reviews: number, stars: number): Promise<void> {
    if (reviews === 0 && stars === 0) return;
    await tx.execute(
      'update location.places set rating_count = rating_count + $3, rating_sum = rating_sum + $4 where tenant_id = $1 and id = $2',
      [tx.tenantId, placeId, reviews, stars],
    );
  }
}
