import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { customerNotFound } from '../domain/customers.errors';
import { findCustomer, type CustomerView } from './customer-view';

/** One customer, for who may see it. @throws AppError not-found `customers.customer-not-found` */
export class GetCustomerQuery extends Query<CustomerView> {
  constructor(
    readonly customerId: string,
    /** Asks about this one; absent for those who see all. */
    readonly maySee?: (customer: { id: string; owner: string | null }) => boolean,
  ) {
    super();
  }
}

@QueryHandler(GetCustomerQuery)
export class GetCustomerHandler implements IQueryHandler<GetCustomerQuery> {
  constructor(private readonly database: Database) {}

  async execute({ customerId, maySee }: GetCustomerQuery): Promise<CustomerView> {
    const customer = await findCustomer(this.database, customerId);
    if (!customer) throw customerNotFound();
    const { id, userId: owner } = customer;
    if (maySee && !maySee({ id, owner })) throw customerNotFound();
    return customer;
  }
}
