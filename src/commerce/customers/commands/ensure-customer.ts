import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { EnsureCustomerCommand } from '../contracts/ensure-customer';
import { CustomerRepository } from '../data/customer.repository';

@CommandHandler(EnsureCustomerCommand)
export class EnsureCustomerHandler implements ICommandHandler<EnsureCustomerCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly customers: CustomerRepository,
  ) {}

  execute({ request }: EnsureCustomerCommand): Promise<{ id: string; created: boolean }> {
    return this.uow.run((tx) => this.customers.ensure(tx, { ...request, source: 'checkout' }));
  }
}
