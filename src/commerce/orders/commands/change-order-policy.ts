import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { OrderPolicies } from '../data/order-policies';
import type { OrderPolicy } from '../domain/order-policy';

/** Changes after which time a shop's orders move on by themselves; timers that are set already keep theirs. */
export class ChangeOrderPolicyCommand extends Command<OrderPolicy> {
  constructor(readonly changes: Partial<OrderPolicy>) {
    super();
  }
}

@CommandHandler(ChangeOrderPolicyCommand)
export class ChangeOrderPolicyHandler implements ICommandHandler<ChangeOrderPolicyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly policies: OrderPolicies,
  ) {}

  execute({ changes }: ChangeOrderPolicyCommand): Promise<OrderPolicy> {
    return this.uow.run(() => this.policies.change(changes));
  }
}
