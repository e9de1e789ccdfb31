import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { noteAudit } from '../../../kernel/audit/audit';
import { PLATFORM_TENANT, runInContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ShredSubjectCommand } from '../../audit/contracts/shred-subject';
import { TenantsOfSubjectQuery } from '../../audit/contracts/tenants-of-subject';
import { AccountRepository } from '../data/account.repository';
import { SessionRepository } from '../data/session.repository';
import { User } from '../domain/user';
import { AccountMail } from './account-mail';

/**
 * Deletes an account whose grace period is over: in every trail the key of the person is destroyed, then what proves and
 * describes it is forgotten. In this order, as the address is needed to find what the trails know of it; whatever comes
 * in between is done again. Answers false for an account that was kept meanwhile, or is deleted already.
 */
export class DeleteAccountCommand extends Command<boolean> {
  constructor(
    readonly userId: string,
    /** When the grace period that is over ended: one that was begun later is another. */
    readonly dueAt: Date,
  ) {
    super();
  }
}

@CommandHandler(DeleteAccountCommand)
export class DeleteAccountHandler implements ICommandHandler<DeleteAccountCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly sessions: SessionRepository,
    private readonly mail: AccountMail,
    private readonly queries: QueryBus,
    private readonly commands: CommandBus,
  ) {}

  async execute({ userId, dueAt }: DeleteAccountCommand): Promise<boolean> {
    noteAudit({ target: { userId } });
    const due = await this.uow.run(
      async (tx) => {
        const user = await tx.store.load(User, userId, { lock: false });
        return isDue(user, dueAt) ? user.email : null;
      },
      { tenantId: PLATFORM_TENANT },
    );
    if (due === null) return false;
    const tenants = await this.queries.execute(new TenantsOfSubjectQuery(userId, [due]));
    for (const tenantId of tenants)
      await runInContext({ tenantId }, () => this.commands.execute(new ShredSubjectCommand(userId, [due])));
    return this.uow.run(
      async (tx) => {
        const user = await tx.store.load(User, userId);
        if (!isDue(user, dueAt)) return false;
        await this.mail.tell(user.email, user, 'account-deleted');
        await this.sessions.revokeAll(tx, userId, 'user-disabled');
        await this.accounts.forget(tx, userId);
        user.bury();
        await tx.store.save(user);
        return true;
      },
      { tenantId: PLATFORM_TENANT },
    );
  }
}

/** Whether an account waits for its deletion, and has by then waited long enough. */
export const isDue = (user: User | null, at: Date): user is User =>
  user?.closedReason === 'deletion' && at >= user.deletionDueAt!;
