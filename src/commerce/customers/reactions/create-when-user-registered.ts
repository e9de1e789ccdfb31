import { UserRegistered } from '../../../access/identity/contracts/identity-events';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { CustomerRepository } from '../data/customer.repository';

/** A user who registered with the shop is its customer; a guest who bought with that address before becomes one with it. */
@Reaction({ name: 'customers.create-when-user-registered', on: UserRegistered })
export class CreateWhenUserRegistered implements Reacts<UserRegistered> {
  constructor(private readonly customers: CustomerRepository) {}

  async react({ payload }: StoredEvent<UserRegistered>, tx: Transaction): Promise<void> {
    if (payload.kind !== 'customer') return;
    const { email, name, userId } = payload;
    await this.customers.ensure(tx, { email, name, userId, source: 'registration' });
  }
}
