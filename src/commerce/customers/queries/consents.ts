import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { ConsentsOfCustomersQuery, type ConsentFacts, type ConsentPurpose } from '../contracts/consents';
import { customerNotFound } from '../domain/customers.errors';
import { findCustomer } from './customer-view';
import type { GetCustomerQuery } from './get-customer';

export interface ConsentView {
  id: string;
  purpose: ConsentPurpose;
  granted: boolean;
  source: string;
  wording: string | null;
  /** Version of these words, where it was said. */
  textVersion: string | null;
  givenAt: Date;
  recordedAt: Date;
  /** User who wrote it down; null: a program. */
  recordedBy: string | null;
}

/** Columns of a consent `c` as its view has them. */
export const CONSENT = `c.id, c.purpose, c.granted, c.source, c.wording, c.given_at as "givenAt", c.recorded_at as "recordedAt",
  c.recorded_by as "recordedBy",
  c.text_version as "textVersion"`;

/** A page of what a customer agreed to and took back, latest first. @throws AppError not-found `customers.customer-not-found` */
export class ListConsentsQuery extends Query<Page<ConsentView>> {
  constructor(
    readonly customerId: string,
    readonly query: ListQuery & { purpose?: ConsentPurpose },
    /** Asks about this customer; absent for those who see all. */
    readonly maySee?: GetCustomerQuery['maySee'],
  ) {
    super();
  }
}

const CONSENTS = keyset({
  id: 'c.id',
  sorts: { givenAt: { sql: 'c.given_at', type: 'timestamptz' } },
  defaultSort: '-givenAt',
  filters: { purpose: { sql: 'c.purpose', type: 'text' } },
});

@QueryHandler(ListConsentsQuery)
export class ListConsentsHandler implements IQueryHandler<ListConsentsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ customerId, query, maySee }: ListConsentsQuery): Promise<Page<ConsentView>> {
    const customer = await findCustomer(this.database, customerId);
    if (!customer || (maySee && !maySee({ id: customer.id, owner: customer.userId }))) throw customerNotFound();
    return CONSENTS.run<ConsentView, ConsentView>(this.database, query, {
      select: CONSENT,
      from: 'customers.consents c',
      where: 'c.tenant_id = kernel.tenant_id() and c.customer_id = $1',
      params: [customer.id],
      map: ({ id, purpose, granted, source, wording, textVersion, givenAt, recordedAt, recordedBy }) => ({
        id,
        purpose,
        granted,
        source,
        wording,
        textVersion,
        givenAt,
        recordedAt,
        recordedBy,
      }),
    });
  }
}

@QueryHandler(ConsentsOfCustomersQuery)
export class ConsentsOfCustomersHandler implements IQueryHandler<ConsentsOfCustomersQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request: { customerIds } }: ConsentsOfCustomersQuery): Promise<ConsentFacts[]> {
    if (customerIds.length === 0) return [];
    return this.database.read<ConsentFacts>(
      `select distinct on (c.id, s.purpose) c.id as "customerId", s.purpose, s.granted, s.given_at as "givenAt"
       from customers.customers c
       join customers.consents s on s.tenant_id = c.tenant_id and s.customer_id = coalesce(c.merged_into, c.id)
       where c.tenant_id = kernel.tenant_id() and c.id = any($1::uuid[])
       order by c.id, s.purpose, s.given_at desc, s.id desc`,
      [customerIds],
    );
  }
}
