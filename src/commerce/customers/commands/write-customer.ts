import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CustomerRepository } from '../data/customer.repository';
import { demandAddresses } from '../domain/address';
import { Customer, type CustomerChange } from '../domain/customer';
import { customerMerged, customerNotFound, staleCustomer } from '../domain/customers.errors';
import { findCustomer, type CustomerView } from '../queries/customer-view';

/** A customer that staff enter. @throws AppError conflict `customers.email-taken`, `customers.reference-taken` */
export class CreateCustomerCommand extends Command<CustomerView> {
  constructor(readonly customer: Omit<CustomerChange, 'userId'> & { name: string }) {
    super();
  }
}

/**
 * Changes what is named; `addresses` replaces all of them.
 * @param expectedVersion version that the caller saw (If-Match); null where it does not matter
 * @throws AppError not-found `customers.customer-not-found`, precondition-failed `customers.stale-customer`, and as create
 */
export class ChangeCustomerCommand extends Command<CustomerView> {
  constructor(
    readonly customerId: string,
    readonly change: Omit<CustomerChange, 'userId'>,
    readonly expectedVersion: number | null = null,
  ) {
    super();
  }
}

@CommandHandler(CreateCustomerCommand)
export class CreateCustomerHandler implements ICommandHandler<CreateCustomerCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly customers: CustomerRepository,
  ) {}

  execute({ customer: data }: CreateCustomerCommand): Promise<CustomerView> {
    return this.uow.run(async (tx) => {
      demandAddresses(data.addresses, []);
      const customer = Customer.create(data, 'manual', clock.now());
      await this.customers.insert(tx, customer);
      return (await findCustomer(this.database, customer.id))!;
    });
  }
}

@CommandHandler(ChangeCustomerCommand)
export class ChangeCustomerHandler implements ICommandHandler<ChangeCustomerCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly customers: CustomerRepository,
  ) {}

  execute({ customerId, change, expectedVersion }: ChangeCustomerCommand): Promise<CustomerView> {
    return this.uow.run(async (tx) => {
      const customer = await this.customers.load(tx, customerId);
      if (!customer) throw customerNotFound();
      requirePermission('customers:write', { id: customer.id, owner: customer.userId });
      if (customer.mergedInto) throw customerMerged(customer.mergedInto);
      if (expectedVersion !== null && expectedVersion !== customer.version) throw staleCustomer(customer.version);
      demandAddresses(change.addresses, customer.addresses);
      if (customer.change(change, clock.now())) await this.customers.update(tx, customer);
      return (await findCustomer(this.database, customerId))!;
    });
  }
}
