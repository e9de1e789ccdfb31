import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CustomerRepository } from '../data/customer.repository';
import { customerNotFound, mergeWithItself } from '../domain/customers.errors';
import { findCustomer, type CustomerView } from '../queries/customer-view';

/**
 * Makes two customers one, in one transaction: what the one that stays lacks it takes from the other; addresses, groups
 * and the log of consents are put together; what the other was found by leads to it. Orders follow by event. It cannot be
 * undone.
 * @throws AppError not-found `customers.customer-not-found`; conflict `customers.customer-merged`,
 *   `customers.merge-two-accounts`; invalid `customers.merge-invalid`
 */
export class MergeCustomersCommand extends Command<CustomerView> {
  constructor(
    /** The one that stays. */
    readonly customerId: string,
    /** The one that is no more. */
    readonly mergedId: string,
  ) {
    super();
  }
}

@CommandHandler(MergeCustomersCommand)
export class MergeCustomersHandler implements ICommandHandler<MergeCustomersCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly customers: CustomerRepository,
  ) {}

  execute({ customerId, mergedId }: MergeCustomersCommand): Promise<CustomerView> {
    return this.uow.run(async (tx) => {
      if (customerId === mergedId) throw mergeWithItself();
      const [stays, goes] = await this.customers.loadBoth(tx, customerId, mergedId);
      if (!stays || !goes) throw customerNotFound();
      const left = stays.absorb(goes, clock.now());
      await this.customers.merge(tx, stays, goes, left);
      return (await findCustomer(this.database, customerId))!;
    });
  }
}
