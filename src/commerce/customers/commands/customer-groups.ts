import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { Customer } from '../domain/customer';
import { CustomerGroup, type CustomerGroupChange } from '../domain/customer-group';
import { customerNotFound, groupNotFound, groupTaken } from '../domain/customers.errors';
import { findGroup, type CustomerGroupView } from '../queries/customer-groups';

/** A new group, still empty. @throws AppError conflict `customers.group-taken` */
export class CreateCustomerGroupCommand extends Command<CustomerGroupView> {
  constructor(readonly group: CustomerGroupChange & { name: string }) {
    super();
  }
}

/** Changes what is named. @throws AppError not-found `customers.group-not-found`, conflict `customers.group-taken` */
export class ChangeCustomerGroupCommand extends Command<CustomerGroupView> {
  constructor(
    readonly groupId: string,
    readonly change: CustomerGroupChange,
  ) {
    super();
  }
}

/** Removes a group; its customers stay customers. @throws AppError not-found `customers.group-not-found` */
export class RemoveCustomerGroupCommand extends Command<void> {
  constructor(readonly groupId: string) {
    super();
  }
}

/**
 * Puts a customer into a group or takes it out; what is so already stays so.
 * @throws AppError not-found `customers.group-not-found`, `customers.customer-not-found`
 */
export class ChangeGroupMemberCommand extends Command<void> {
  constructor(
    readonly groupId: string,
    readonly customerId: string,
    readonly isMember: boolean,
  ) {
    super();
  }
}

async function lockGroup(tx: Transaction, id: string): Promise<CustomerGroup> {
  const group = await tx.store.load(CustomerGroup, id, { lock: 'no-key-update' });
  if (!group) throw groupNotFound();
  return group;
}

async function save(tx: Transaction, group: CustomerGroup): Promise<void> {
  try {
    await tx.store.save(group);
  } catch (error) {
    if ((error as { constraint?: string }).constraint === 'groups_name') throw groupTaken(group.name);
    throw error;
  }
}

@CommandHandler(CreateCustomerGroupCommand)
export class CreateCustomerGroupHandler implements ICommandHandler<CreateCustomerGroupCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
  ) {}

  execute({ group: data }: CreateCustomerGroupCommand): Promise<CustomerGroupView> {
    return this.uow.run(async (tx) => {
      const group = CustomerGroup.create(data, clock.now());
      await save(tx, group);
      return (await findGroup(this.database, group.id))!;
    });
  }
}

@CommandHandler(ChangeCustomerGroupCommand)
export class ChangeCustomerGroupHandler implements ICommandHandler<ChangeCustomerGroupCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
  ) {}

  execute({ groupId, change }: ChangeCustomerGroupCommand): Promise<CustomerGroupView> {
    return this.uow.run(async (tx) => {
      const group = await lockGroup(tx, groupId);
      group.change(change, clock.now());
      await save(tx, group);
      return (await findGroup(this.database, groupId))!;
    });
  }
}

@CommandHandler(RemoveCustomerGroupCommand)
export class RemoveCustomerGroupHandler implements ICommandHandler<RemoveCustomerGroupCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  execute({ groupId }: RemoveCustomerGroupCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const group = await tx.store.load(CustomerGroup, groupId);
      if (!group) throw groupNotFound();
      group.remove();
      await tx.store.remove(group);
      tx.record(...group.pullEvents());
    });
  }
}

@CommandHandler(ChangeGroupMemberCommand)
export class ChangeGroupMemberHandler implements ICommandHandler<ChangeGroupMemberCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  execute({ groupId, customerId, isMember }: ChangeGroupMemberCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      if (!(await tx.store.load(CustomerGroup, groupId, { lock: false }))) throw groupNotFound();
      if (!(await tx.store.load(Customer, customerId, { lock: false }))) throw customerNotFound();
      if (isMember)
        await tx.execute(
          `insert into customers.group_members (tenant_id, id, group_id, customer_id, added_at) values ($1, $2, $3, $4, $5)
           on conflict on constraint group_members_once do nothing`,
          [tx.tenantId, newId(), groupId, customerId, clock.now()],
        );
      else
        await tx.execute(
          `delete from customers.group_members where tenant_id = $1 and group_id = $2 and customer_id = $3`,
          [tx.tenantId, groupId, customerId],
        );
    });
  }
}
