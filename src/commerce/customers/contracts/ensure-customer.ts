import { Command } from '@nestjs/cqrs';

/**
 * The shop's customer with this e-mail address, created when there is none. A `userId` links the customer to that user
 * unless it is linked already; a `name` fills an empty one. Joins an open transaction; two at once end in one customer.
 * @throws AppError invalid `customers.invalid-email`
 */
export class EnsureCustomerCommand extends Command<{ id: string; created: boolean }> {
  constructor(readonly request: { email: string; name?: string | null; userId?: string | null }) {
    super();
  }
}
