import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AuthVersions } from '../../../kernel/auth/versions';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Limits } from '../../../kernel/limits/resource-limits';
import { slugUnconfirmed } from '../domain/organizations.errors';
import type { Plan } from '../domain/plan.policy';
import { CloseOrganization } from '../reactions/close-organization';
import { lockOrganization } from './lock-organization';

/** Gives an organization another plan. What it has beyond the new limits stays; it just gets no more. For operators. */
export class ChangePlanCommand extends Command<void> {
  constructor(
    readonly organizationId: string,
    readonly plan: Plan,
    readonly limits: Limits,
  ) {
    super();
  }
}

@CommandHandler(ChangePlanCommand)
export class ChangePlanHandler implements ICommandHandler<ChangePlanCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly versions: AuthVersions,
  ) {}

  async execute({ organizationId, plan, limits }: ChangePlanCommand): Promise<void> {
    await this.uow.run(
      async (tx) => {
        const organization = await lockOrganization(tx);
        organization.subscribe(plan, limits);
        await tx.store.save(organization);
        // Tells every process to forget the plan that it knows.
        await this.versions.bump(tx, tx.tenantId);
      },
      { tenantId: organizationId },
    );
  }
}

/**
 * Suspends an organization, or lets it go on. While it is suspended its tokens, keys and sockets are refused on every
 * process and its shop is not found; nothing of it is lost. For operators.
 */
export class SetOrganizationStatusCommand extends Command<void> {
  constructor(
    readonly organizationId: string,
    readonly status: 'active' | 'suspended',
    readonly reason = '',
  ) {
    super();
  }
}

@CommandHandler(SetOrganizationStatusCommand)
export class SetOrganizationStatusHandler implements ICommandHandler<SetOrganizationStatusCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly versions: AuthVersions,
  ) {}

  async execute({ organizationId, status, reason }: SetOrganizationStatusCommand): Promise<void> {
    await this.uow.run(
      async (tx) => {
        const organization = await lockOrganization(tx);
        if (status === 'suspended') organization.suspend(reason, clock.now());
        else organization.resume();
        await tx.store.save(organization);
        await this.versions.bump(tx, tx.tenantId);
      },
      { tenantId: organizationId },
    );
  }
}

/** Asks for the end of the context's organization, in thirty days; the slug is typed again to confirm it. */
export class RequestDeletionCommand extends Command<{ deletesAt: Date }> {
  constructor(readonly confirm: string) {
    super();
  }
}

@CommandHandler(RequestDeletionCommand)
export class RequestDeletionHandler implements ICommandHandler<RequestDeletionCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ confirm }: RequestDeletionCommand): Promise<{ deletesAt: Date }> {
    const { userId } = currentContext().principal;
    return this.uow.run(async (tx) => {
      const organization = await lockOrganization(tx);
      if (confirm !== organization.slug) throw slugUnconfirmed();
      const deletesAt = organization.askDeletion(userId, clock.now());
      await tx.store.save(organization);
      tx.timer(CloseOrganization, { organizationId: organization.id }, deletesAt);
      return { deletesAt };
    });
  }
}

/** Takes the wish to delete the context's organization back. */
export class WithdrawDeletionCommand extends Command<void> {}

@CommandHandler(WithdrawDeletionCommand)
export class WithdrawDeletionHandler implements ICommandHandler<WithdrawDeletionCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute(): Promise<void> {
    await this.uow.run(async (tx) => {
      const organization = await lockOrganization(tx);
      organization.withdrawDeletion();
      await tx.store.save(organization);
    });
  }
}
