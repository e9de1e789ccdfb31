import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { AppError } from '../../../kernel/errors/app-error';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { MemberDirectoryQuery } from '../../organizations/contracts/member-directory';
import { SetMemberStatusCommand } from '../../organizations/contracts/set-member-status';
import { DeviceRepository } from '../data/device.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import { mailsExhausted, userNotFound } from '../domain/identity.errors';
import { MAIL_LANE } from '../domain/login-throttle.policy';
import { User } from '../domain/user';
import { AccountMail } from './account-mail';
import { AssignRolesCommand } from './assign-roles';

/** Ends the waits after failed tries of a member. Failures in a row stay counted, so that nobody guesses for ever. */
export class UnlockUserCommand extends Command<{ closed: boolean }> {
  constructor(readonly userId: string) {
    super();
  }
}

/** Mails a member a link to choose a new password. The present one works until then; nobody else learns or chooses it. */
export class AskNewPasswordCommand extends Command<void> {
  constructor(readonly userId: string) {
    super();
  }
}

export type BulkAction = 'suspend' | 'resume' | 'unlock' | 'ask_new_password' | 'assign_roles';

/** What became of one of many. */
export interface BulkResult {
  userId: string;
  status: 'done' | 'refused';
  /** Why it was refused. */
  code: string | null;
  detail: string | null;
}

/** Does the same to many members, each by itself: one that is refused stops none of the others. */
export class ManyUsersCommand extends Command<BulkResult[]> {
  constructor(
    readonly action: BulkAction,
    readonly userIds: string[],
    readonly roles: string[] = [],
  ) {
    super();
  }
}

/** @throws AppError not-found for a user who is no member of the context's organization, which may not know more */
async function requireMember(queries: QueryBus, userId: string): Promise<void> {
  const { data } = await queries.execute(new MemberDirectoryQuery({ limit: 1, userIds: [userId] }));
  if (data.length === 0) throw userNotFound();
}

@CommandHandler(UnlockUserCommand)
export class UnlockUserHandler implements ICommandHandler<UnlockUserCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly throttles: ThrottleRepository,
    private readonly devices: DeviceRepository,
    private readonly queries: QueryBus,
  ) {}

  async execute({ userId }: UnlockUserCommand): Promise<{ closed: boolean }> {
    return this.uow.run(async (tx) => {
      await requireMember(this.queries, userId);
      const user = await tx.store.load(User, userId, { lock: false });
      if (!user) throw userNotFound();
      return this.throttles.endWaits(tx, user.emailNormalized, await this.devices.idsOf(tx, userId));
    });
  }
}

@CommandHandler(AskNewPasswordCommand)
export class AskNewPasswordHandler implements ICommandHandler<AskNewPasswordCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly throttles: ThrottleRepository,
    private readonly queries: QueryBus,
    private readonly mail: AccountMail,
  ) {}

  async execute({ userId }: AskNewPasswordCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      await requireMember(this.queries, userId);
      const user = await tx.store.load(User, userId);
      if (user?.status !== 'active' && user?.closedReason !== 'self') throw userNotFound();
      const { allowed, retryAfterSeconds } = await this.throttles.reserve([
        { lane: MAIL_LANE, value: user.emailNormalized },
      ]);
      if (!allowed) throw mailsExhausted(retryAfterSeconds);
      await this.mail.resetLink(tx, user, 'administrator');
    });
  }
}

@CommandHandler(ManyUsersCommand)
export class ManyUsersHandler implements ICommandHandler<ManyUsersCommand> {
  constructor(private readonly commands: CommandBus) {}

  async execute({ action, userIds, roles }: ManyUsersCommand): Promise<BulkResult[]> {
    const results: BulkResult[] = [];
    for (const userId of new Set(userIds)) {
      try {
        await this.one(action, userId, roles);
        results.push({ userId, status: 'done', code: null, detail: null });
      } catch (error) {
        if (!(error instanceof AppError) || error.kind === 'internal' || error.kind === 'unavailable') throw error;
        results.push({ userId, status: 'refused', code: error.code, detail: error.detail });
      }
    }
    return results;
  }

  private one(action: BulkAction, userId: string, roles: string[]): Promise<unknown> {
    switch (action) {
      case 'suspend':
        return this.commands.execute(new SetMemberStatusCommand({ userId }, 'suspended'));
      case 'resume':
        return this.commands.execute(new SetMemberStatusCommand({ userId }, 'active'));
      case 'unlock':
        return this.commands.execute(new UnlockUserCommand(userId));
      case 'ask_new_password':
        return this.commands.execute(new AskNewPasswordCommand(userId));
      case 'assign_roles':
        return this.commands.execute(new AssignRolesCommand(userId, roles));
    }
  }
}
