import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { AppError } from '../../../kernel/errors/app-error';
import { AddMemberCommand } from '../../organizations/contracts/add-member';
import { JudgeRolesQuery } from '../contracts/give-roles';
import { UserRegistered } from '../contracts/identity-events';
import type { RegistrationData } from '../domain/challenge';
import { giverLostRights } from '../domain/identity.errors';
import type { User } from '../domain/user';

/** Makes the user of a link a member of the organization that it names; the transaction is of that organization. */
@Injectable()
export class Joining {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /**
   * An organization that closed meanwhile is joined by nobody; the rest of the link comes true all the same.
   * @throws AppError conflict when who gave the role may not give it any more
   */
  async settle(tx: Transaction, user: User, join: RegistrationData['join']): Promise<void> {
    if (!join) return;
    const { organizationId: tenantId, role = 'customer', giverId } = join;
    if (giverId !== undefined) {
      const { unknown, missing } = await this.queries.execute(new JudgeRolesQuery([role], giverId));
      if (unknown.length > 0 || missing.length > 0) throw giverLostRights();
    }
    try {
      await tx.savepoint(() => this.commands.execute(new AddMemberCommand({ tenantId, userId: user.id, role })));
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'not-found') throw error;
      return;
    }
    const kind = role === 'customer' ? 'customer' : 'staff';
    tx.record(new UserRegistered(user.id, { userId: user.id, email: user.email, name: user.name, tenantId, kind }));
  }
}
