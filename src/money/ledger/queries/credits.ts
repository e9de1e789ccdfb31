import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { FindCustomersQuery } from '../../../commerce/customers/contracts/find-customers';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { PlanCreditQuery, type CreditPart } from '../contracts/credit';
import type { CreditKind, CreditMovement, CreditOrigin, CreditState } from '../contracts/credit-events';
import { REMIND_DAYS, type GiftCardRules, type StoreCreditRules } from '../domain/credit-rules';
import { creditNotFound, giftCardUnusable } from '../domain/credit.errors';

/** A gift card or store credit as staff, and its customer, see it. */
export interface CreditView {
  id: string;
  origin: CreditOrigin;
  state: CreditState;
  /** Last letters of a gift card's code. */
  tail: string | null;
  balance: Money;
  /** Of the balance what is promised to orders that are not paid yet. */
  held: Money;
  customerId: string | null;
  recipient: string | null;
  note: string | null;
  /** The order that it was sold by. */
  orderId: string | null;
  expiresAt: string | null;
  createdAt: string;
}

/** One line of a statement. */
export interface CreditEntryView {
  id: string;
  kind: CreditMovement;
  /** Negative where something was taken. */
  amount: Money;
  balanceAfter: Money;
  orderId: string | null;
  note: string | null;
  at: string;
}

/** @throws AppError not-found `ledger.credit-not-found` */
export class FindCreditQuery extends Query<CreditView> {
  constructor(
    readonly id: string,
    readonly kind?: CreditKind,
  ) {
    super();
  }
}

/** Gift cards, or store credit, newest first. */
export class ListCreditsQuery extends Query<Page<CreditView>> {
  constructor(
    readonly kind: CreditKind,
    readonly list: ListQuery,
  ) {
    super();
  }
}

/** The store credit of whoever asks, one a currency. */
export class OwnStoreCreditQuery extends Query<CreditView[]> {}

/** What happened to a gift card or store credit, newest first. @throws AppError not-found `ledger.credit-not-found` */
export class ListCreditEntriesQuery extends Query<Page<CreditEntryView>> {
  constructor(
    readonly id: string,
    readonly kind: CreditKind,
    readonly list: ListQuery,
  ) {
    super();
  }
}

/** How gift cards are made. */
export class GiftCardRulesQuery extends Query<GiftCardRules> {}

/** When store credit ends. */
export class StoreCreditRulesQuery extends Query<StoreCreditRules> {}

type Row = Omit<CreditView, 'balance' | 'held' | 'expiresAt' | 'createdAt'> & {
  balance: number;
  held: number;
  currency: string;
  expiresAt: Date | null;
  createdAt: Date;
};
type EntryRow = Omit<CreditEntryView, 'amount' | 'balanceAfter' | 'at'> & {
  amount: number;
  balanceAfter: number;
  currency: string;
  at: Date;
};

const COLUMNS = `c.id, c.origin, c.state, c.tail, c.balance::float8 as balance, c.held::float8 as held, c.currency,
  c.customer_id as "customerId", c.recipient, c.note, c.order_id as "orderId", c.expires_at as "expiresAt", c.created_at as "createdAt"`;

const viewOf = (row: Row): CreditView => ({
  id: row.id,
  origin: row.origin,
  state: row.state,
  tail: row.tail,
  balance: { amount: row.balance, currency: row.currency },
  held: { amount: row.held, currency: row.currency },
  customerId: row.customerId,
  recipient: row.recipient,
  note: row.note,
  orderId: row.orderId,
  expiresAt: row.expiresAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
});
const entryOf = (row: EntryRow): CreditEntryView => ({
  id: row.id,
  kind: row.kind,
  amount: { amount: row.amount, currency: row.currency },
  balanceAfter: { amount: row.balanceAfter, currency: row.currency },
  orderId: row.orderId,
  note: row.note,
  at: row.at.toISOString(),
});

const CREDITS = keyset({
  id: 'c.id',
  sorts: { createdAt: { sql: 'c.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {
    state: { sql: 'c.state', type: 'text' },
    currency: { sql: 'c.currency', type: 'text' },
    customerId: { sql: 'c.customer_id', type: 'uuid' },
  },
});
const ENTRIES = keyset({ id: 'e.id', sorts: {}, defaultSort: '-id' });

@QueryHandler(FindCreditQuery)
export class FindCreditHandler implements IQueryHandler<FindCreditQuery> {
  constructor(private readonly database: Database) {}

  async execute({ id, kind }: FindCreditQuery): Promise<CreditView> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from ledger.credits c where c.tenant_id = kernel.tenant_id() and c.id = $1 and c.kind = coalesce($2, c.kind)`,
      [id, kind ?? null],
    );
    if (!row) throw creditNotFound();
    return viewOf(row);
  }
}

@QueryHandler(ListCreditsQuery)
export class ListCreditsHandler implements IQueryHandler<ListCreditsQuery> {
  constructor(private readonly database: Database) {}

  execute({ kind, list }: ListCreditsQuery): Promise<Page<CreditView>> {
    return CREDITS.run<Row, CreditView>(this.database, list, {
      select: COLUMNS,
      from: 'ledger.credits c',
      where: 'c.tenant_id = kernel.tenant_id() and c.kind = $1',
      params: [kind],
      map: viewOf,
    });
  }
}

@QueryHandler(OwnStoreCreditQuery)
export class OwnStoreCreditHandler implements IQueryHandler<OwnStoreCreditQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute(): Promise<CreditView[]> {
    const { userId } = currentContext().principal;
    if (!userId) return [];
    const customers = await this.queries.execute(new FindCustomersQuery({ userIds: [userId] }));
    const rows = await this.database.read<Row>(
      `select ${COLUMNS} from ledger.credits c where c.tenant_id = kernel.tenant_id() and c.customer_id = any($1::uuid[])
         and c.kind = 'store_credit' and c.state <> 'merged' order by c.id`,
      [customers.map(({ id }) => id)],
    );
    // What staff noted is theirs.
    return rows.map((row) => ({ ...viewOf(row), note: null }));
  }
}

@QueryHandler(ListCreditEntriesQuery)
export class ListCreditEntriesHandler implements IQueryHandler<ListCreditEntriesQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ id, kind, list }: ListCreditEntriesQuery): Promise<Page<CreditEntryView>> {
    await this.queries.execute(new FindCreditQuery(id, kind));
    return ENTRIES.run<EntryRow, CreditEntryView>(this.database, list, {
      select: `e.id, e.kind, e.amount::float8 as amount, e.balance_after::float8 as "balanceAfter", c.currency,
        e.reference_id as "orderId", e.note, e.at`,
      from: 'ledger.credit_entries e join ledger.credits c on c.tenant_id = e.tenant_id and c.id = e.credit_id',
      where: 'e.tenant_id = kernel.tenant_id() and e.credit_id = $1',
      params: [id],
      map: entryOf,
    });
  }
}

@QueryHandler(GiftCardRulesQuery)
export class GiftCardRulesHandler implements IQueryHandler<GiftCardRulesQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<GiftCardRules> {
    const [row] = await this.database.read<GiftCardRules>(
      `select valid_days as "validDays", remind_days as "remindDays", skus from ledger.gift_card_rules
       where tenant_id = kernel.tenant_id()`,
    );
    return row ?? { validDays: null, remindDays: REMIND_DAYS, skus: [] };
  }
}

@QueryHandler(StoreCreditRulesQuery)
export class StoreCreditRulesHandler implements IQueryHandler<StoreCreditRulesQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<StoreCreditRules> {
    const [row] = await this.database.read<StoreCreditRules>(
      `select valid_days as "validDays", remind_days as "remindDays" from ledger.store_credit_rules
       where tenant_id = kernel.tenant_id()`,
    );
    return row ?? { validDays: null, remindDays: REMIND_DAYS };
  }
}

@QueryHandler(PlanCreditQuery)
export class PlanCreditHandler implements IQueryHandler<PlanCreditQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request: { giftCardIds, customerId, amount } }: PlanCreditQuery): Promise<CreditPart[]> {
    const found = await this.database.read<{
      id: string;
      tail: string | null;
      available: number;
      currency: string;
      state: Exclude<CreditState, 'merged'>;
    }>(
      `select c.id, c.tail, (c.balance - c.held)::float8 as available, c.currency,
         case when c.state = 'active' and c.expires_at <= kernel.now() then 'expired' else c.state end as state
       from ledger.credits c where c.tenant_id = kernel.tenant_id() and (c.id = any($1::uuid[]) and c.kind = 'gift_card'
         or c.customer_id = $2 and c.kind = 'store_credit' and c.currency = $3 and c.state = 'active'
           and (c.expires_at is null or c.expires_at > kernel.now()))
       order by array_position($1::uuid[], c.id), c.id`,
      [giftCardIds, customerId, amount.currency],
    );
    const parts: CreditPart[] = [];
    let left = amount.amount;
    for (const { id, tail, available, currency, state } of found) {
      if (tail && state !== 'active') throw giftCardUnusable(tail, state);
      if (tail && currency !== amount.currency) throw giftCardUnusable(tail, 'currency');
      if (tail && available === 0) throw giftCardUnusable(tail, 'empty');
      const part = Math.min(left, available);
      if (part <= 0) continue;
      parts.push({ creditId: id, amount: part });
      left -= part;
    }
    return parts;
  }
}

/** Handlers of these queries. */
export const CREDIT_QUERIES = [
  FindCreditHandler,
  ListCreditsHandler,
  OwnStoreCreditHandler,
  ListCreditEntriesHandler,
  GiftCardRulesHandler,
  StoreCreditRulesHandler,
  PlanCreditHandler,
];
