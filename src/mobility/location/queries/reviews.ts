import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { placeNotFound, reviewNotFound } from '../domain/places.errors';
import type { ReportReason } from '../domain/review';

export interface PlaceReview {
  id: string;
  placeId: string;
  stars: number;
  text: string | null;
  byline: string | null;
  own: boolean;
  hidden: boolean;
  /** To the author and to those who moderate. */
  hiddenReason: string | null;
  answer: { text: string; answeredAt: string } | null;
  createdAt: string;
  editedAt: string | null;
}

/** As moderators see it. */
export type ModeratedReview = PlaceReview & {
  userId: string | null;
  openReports: number;
  reports: { reason: ReportReason; note: string | null; reportedAt: string }[];
};

/** Who reads: hidden reviews are shown to their author alone. */
export interface Reader {
  userId: string | null;
  listedAlone: boolean;
}

/** @throws AppError not-found `location.place-not-found` */
export class ListReviewsQuery extends Query<Page<PlaceReview>> {
  constructor(
    readonly placeId: string,
    readonly list: ListQuery,
    readonly reader: Reader,
  ) {
    super();
  }
}

/** @throws AppError not-found `location.review-not-found` */
export class FindOwnReviewQuery extends Query<PlaceReview> {
  constructor(
    readonly placeId: string,
    readonly reader: Reader,
  ) {
    super();
  }
}

/** All reviews of the tenant, hidden and reported ones as well. */
export class ListModeratedReviewsQuery extends Query<Page<ModeratedReview>> {
  constructor(
    readonly list: ListQuery,
    readonly userId: string | null,
  ) {
    super();
  }
}

/** @throws AppError not-found `location.review-not-found` */
export class FindReviewQuery extends Query<ModeratedReview> {
  constructor(
    readonly reviewId: string,
    readonly userId: string | null,
  ) {
    super();
  }
}

interface Row {
  id: string;
  place_id: string;
  user_id: string | null;
  stars: number;
  body: string | null;
  byline: string | null;
  hidden_at: Date | null;
  hidden_reason: string | null;
  answer: string | null;
  answered_at: Date | null;
  created_at: Date;
  edited_at: Date | null;
}
type ModeratedRow = Row & {
  open_reports: number;
  reports: { reason: ReportReason; note: string | null; created_at: string }[];
};

const COLUMNS = `r.id, r.place_id, r.user_id, r.stars, r.body, r.byline, r.hidden_at, r.hidden_reason, r.answer, r.answered_at, r.created_at, r.edited_at`;
/** Of a review that a thousand report, the latest are enough. */
const REPORTS = `r.open_reports, (select coalesce(json_agg(json_build_object('reason', t.reason, 'note', t.note, 'created_at', t.created_at) order by t.created_at desc), '[]')
  from (select reason, note, created_at from location.place_review_reports t where t.tenant_id = kernel.tenant_id() and t.review_id = r.id
    and t.settled_at is null order by t.created_at desc limit 20) t) as reports`;

const view =
  (userId: string | null) =>
  (row: Row): PlaceReview => ({
    id: row.id,
    placeId: row.place_id,
    stars: row.stars,
    text: row.body,
    byline: row.byline,
    own: userId !== null && row.user_id === userId,
    hidden: row.hidden_at !== null,
    hiddenReason: row.hidden_reason,
    answer: row.answer === null ? null : { text: row.answer, answeredAt: row.answered_at!.toISOString() },
    createdAt: row.created_at.toISOString(),
    editedAt: row.edited_at?.toISOString() ?? null,
  });

const moderated =
  (userId: string | null) =>
  (row: ModeratedRow): ModeratedReview => ({
    ...view(userId)(row),
    userId: row.user_id,
    openReports: row.open_reports,
    reports: row.reports.map(({ reason, note, created_at: at }) => ({
      reason,
      note,
      reportedAt: new Date(at).toISOString(),
    })),
  });

/** A review as moderators see it. Inside a unit of work with what that wrote. */
export async function findReview(
  database: Pick<Database, 'read'>,
  reviewId: string,
  userId: string | null,
): Promise<ModeratedReview | null> {
  const [row] = await database.read<ModeratedRow>(
    `select ${COLUMNS}, ${REPORTS} from location.place_reviews r where r.tenant_id = kernel.tenant_id() and r.id = $1`,
    [reviewId],
  );
  return row ? moderated(userId)(row) : null;
}

/** A user's own review of a place, hidden or not. */
export async function findOwnReview(
  database: Pick<Database, 'read'>,
  placeId: string,
  { userId, listedAlone }: Reader,
): Promise<PlaceReview | null> {
  const [row] = await database.read<Row>(
    `select ${COLUMNS} from location.place_reviews r
     join location.places p on p.tenant_id = r.tenant_id and p.id = r.place_id and (p.listed or not $3::boolean)
     where r.tenant_id = kernel.tenant_id() and r.place_id = $1 and r.user_id = $2 and r.withdrawn_at is null`,
    [placeId, userId, listedAlone],
  );
  return row ? view(userId)(row) : null;
}

const SORTS = {
  createdAt: { sql: 'r.created_at', type: 'timestamptz' },
  stars: { sql: 'r.stars', type: 'int' },
} as const;
const OF_PLACE = keyset({
  id: 'r.id',
  sorts: SORTS,
  defaultSort: '-createdAt',
  filters: { stars: { sql: 'r.stars', type: 'int' } },
});
const OF_ALL = keyset({
  id: 'r.id',
  sorts: SORTS,
  defaultSort: '-createdAt',
  filters: {
    placeId: { sql: 'r.place_id', type: 'uuid' },
    reported: (yes: boolean) => (yes ? 'r.open_reports > 0' : 'r.open_reports = 0'),
    hidden: (yes: boolean) => `(r.hidden_at is not null) = ${yes}`,
  },
});

@QueryHandler(ListReviewsQuery)
export class ListReviewsHandler implements IQueryHandler<ListReviewsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ placeId, list, reader }: ListReviewsQuery): Promise<Page<PlaceReview>> {
    const [known, page] = await Promise.all([
      this.database.read(
        'select 1 as found from location.places where tenant_id = kernel.tenant_id() and id = $1 and (listed or not $2::boolean)',
        [placeId, reader.listedAlone],
      ),
      OF_PLACE.run<Row, PlaceReview>(this.database, list, {
        select: COLUMNS,
        from: 'location.place_reviews r',
        where:
          'r.tenant_id = kernel.tenant_id() and r.place_id = $1 and (r.hidden_at is null or (r.user_id = $2::uuid and r.withdrawn_at is null))',
        params: [placeId, reader.userId],
        map: view(reader.userId),
      }),
    ]);
    if (known.length === 0) throw placeNotFound();
    return page;
  }
}

@QueryHandler(FindOwnReviewQuery)
export class FindOwnReviewHandler implements IQueryHandler<FindOwnReviewQuery> {
  constructor(private readonly database: Database) {}

  async execute({ placeId, reader }: FindOwnReviewQuery): Promise<PlaceReview> {
    const review = await findOwnReview(this.database, placeId, reader);
    if (!review) throw reviewNotFound();
    return review;
  }
}

@QueryHandler(ListModeratedReviewsQuery)
export class ListModeratedReviewsHandler implements IQueryHandler<ListModeratedReviewsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list, userId }: ListModeratedReviewsQuery): Promise<Page<ModeratedReview>> {
    return OF_ALL.run<ModeratedRow, ModeratedReview>(this.database, list, {
      select: `${COLUMNS}, ${REPORTS}`,
      from: 'location.place_reviews r',
      where: 'r.tenant_id = kernel.tenant_id()',
      params: [],
      map: moderated(userId),
    });
  }
}

@QueryHandler(FindReviewQuery)
export class FindReviewHandler implements IQueryHandler<FindReviewQuery> {
  constructor(private readonly database: Database) {}

  async execute({ reviewId, userId }: FindReviewQuery): Promise<ModeratedReview> {
    const review = await findReview(this.database, reviewId, userId);
    if (!review) throw reviewNotFound();
    return review;
  }
}
