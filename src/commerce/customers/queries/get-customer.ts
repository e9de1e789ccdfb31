import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { customerNotFound } from '../domain/customers.errors';
import { findCustomer, type CustomerView } from './customer-view';

/** One customer; with `ownerId` only when it belongs to that user. @throws AppError not-found `customers.customer-not-found` */
export class GetCustomerQuery extends Query<CustomerView> {
  constructor(
    readonly customerId: string,
    readonly ownerId: string | null,
  ) {
    super();
  }
}

@QueryHandler(GetCustomerQuery)
export class GetCustomerHandler implements IQueryHandler<GetCustomerQuery> {
  constructor(private readonly database: Database) {}

  async execute({ customerId, ownerId }: GetCustomerQuery): Promise<CustomerView> {
    const customer = await findCustomer(this.database, customerId, ownerId);
    if (!customer) throw customerNotFound();
    return customer;
  }
}
