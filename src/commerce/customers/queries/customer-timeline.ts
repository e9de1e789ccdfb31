import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { invalid } from '../../../kernel/errors/app-error';
import type { Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { OrdersOfCustomerQuery, type OrderHappening } from '../../orders/contracts/orders-of-customer';
import { customerNotFound } from '../domain/customers.errors';
import { findCustomer } from './customer-view';
import type { GetCustomerQuery } from './get-customer';

export type HappeningKind = 'created' | 'consent-given' | 'consent-withdrawn' | 'merged' | OrderHappening['kind'];

/** Something that happened to a customer. */
export interface HappeningView {
  kind: HappeningKind;
  /** RFC 3339. */
  at: string;
  /** The order, consent or merged customer that it is about; null for the customer itself. */
  subjectId: string | null;
  /** Number of the order, purpose of the consent, name of the merged customer. */
  label: string | null;
  /** Total of the order. */
  total: Money | null;
}

/**
 * A page of what happened to a customer, latest first: when it came, what it agreed to, who was merged into it, its
 * orders. One statement here and one of orders.
 * @throws AppError not-found `customers.customer-not-found`, invalid `pagination.cursor-invalid`
 */
export class CustomerTimelineQuery extends Query<Page<HappeningView>> {
  constructor(
    readonly customerId: string,
    readonly query: { limit: number; cursor?: string },
    /** Asks about this customer; absent for those who see all. */
    readonly maySee?: GetCustomerQuery['maySee'],
  ) {
    super();
  }
}

/** Where a page ends: the time of its last row, and how many rows of just that time were shown so far. */
interface Place {
  at: string;
  shown: number;
}

const encode = ({ at, shown }: Place): string => Buffer.from(`1 ${at} ${shown}`).toString('base64url');

function decode(cursor: string): Place {
  const match = /^1 (\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z) (\d{1,6})$/.exec(
    Buffer.from(cursor, 'base64url').toString('utf8'),
  );
  if (!match || Number.isNaN(Date.parse(match[1])))
    throw invalid('pagination.cursor-invalid', 'This is no cursor of this list.');
  return { at: match[1], shown: Number(match[2]) };
}

const OWN = `select kind, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, "subjectId", label from (
    select 'created' as kind, created_at as at, null::uuid as "subjectId", null as label
    from customers.customers where tenant_id = kernel.tenant_id() and id = $1
    union all
    select 'merged', merged_at, id, name from customers.customers where tenant_id = kernel.tenant_id() and merged_into = $1
    union all
    select case when granted then 'consent-given' else 'consent-withdrawn' end, given_at, id, purpose
    from customers.consents where tenant_id = kernel.tenant_id() and customer_id = $1
  ) h where $2::timestamptz is null or h.at <= $2 order by h.at desc, kind, "subjectId" limit $3`;

const byTime = (a: HappeningView, b: HappeningView): number =>
  compare(b.at, a.at) || compare(a.kind, b.kind) || compare(a.subjectId ?? '', b.subjectId ?? '');
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

@QueryHandler(CustomerTimelineQuery)
export class CustomerTimelineHandler implements IQueryHandler<CustomerTimelineQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ customerId, query, maySee }: CustomerTimelineQuery): Promise<Page<HappeningView>> {
    const customer = await findCustomer(this.database, customerId);
    if (!customer || (maySee && !maySee({ id: customer.id, owner: customer.userId }))) throw customerNotFound();
    const { limit } = query;
    const from = query.cursor === undefined ? null : decode(query.cursor);
    const most = limit + 1 + (from?.shown ?? 0);
    const until = from?.at ?? null;
    const [own, orders] = await Promise.all([
      this.database.read<Omit<HappeningView, 'total'>>(OWN, [customer.id, until, most]),
      this.queries.execute(new OrdersOfCustomerQuery({ customerId: customer.id, until, limit: most })),
    ]);
    const rows = [
      ...own.map((row) => ({ ...row, total: null })),
      ...orders.map(({ kind, at, orderId, number, total }) => ({ kind, at, subjectId: orderId, label: number, total })),
    ].sort(byTime);
    const left = rows.slice(from?.shown ?? 0);
    const data = left.slice(0, limit);
    const hasMore = left.length > limit;
    const last = data.at(-1);
    const tied = (it: HappeningView): boolean => it.at === last!.at;
    const shown = last ? data.filter(tied).length + (from && from.at === last.at ? from.shown : 0) : 0;
    return { data, page: { limit, nextCursor: hasMore ? encode({ at: last!.at, shown }) : null, hasMore } };
  }
}
