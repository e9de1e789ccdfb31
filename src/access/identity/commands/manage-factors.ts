import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { MembershipsOfUserQuery } from '../../organizations/contracts/memberships-of-user';
import { AccountRepository } from '../data/account.repository';
import { FactorRepository, type FactorFacts } from '../data/factor.repository';
import { SecurityPolicyRepository } from '../data/security-policy.repository';
import { SessionRepository } from '../data/session.repository';
import { newBackupCodes } from '../domain/backup-code';
import { backupCodesNeedFactor, factorNotFound, lastFactorRequired } from '../domain/factor.errors';
import { demandOn, satisfies } from '../domain/mfa-section.policy';
import { FactorNews } from './factor-news';
import { ownAccount } from './own-account';

/** Gives a factor of the caller another name. */
export class RenameFactorCommand extends Command<FactorFacts> {
  constructor(
    readonly factorId: string,
    readonly name: string,
  ) {
    super();
  }
}

@CommandHandler(RenameFactorCommand)
export class RenameFactorHandler implements ICommandHandler<RenameFactorCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly factors: FactorRepository,
  ) {}

  async execute({ factorId, name }: RenameFactorCommand): Promise<FactorFacts> {
    const { account, organizationId } = await ownAccount(this.accounts);
    const renamed = await this.uow.run((tx) => this.factors.rename(tx, account.id, factorId, name), {
      tenantId: organizationId ?? PLATFORM_TENANT,
    });
    if (!renamed) throw factorNotFound();
    return renamed;
  }
}

/**
 * Removes a factor of the caller. With the last one its backup codes and trusted devices go too.
 * @throws AppError conflict `identity.last-factor-required` while an organization of the caller requires one
 */
export class RemoveFactorCommand extends Command<{ otherSessions: number }> {
  constructor(
    readonly factorId: string,
    readonly endOtherSessions: boolean,
  ) {
    super();
  }
}

@CommandHandler(RemoveFactorCommand)
export class RemoveFactorHandler implements ICommandHandler<RemoveFactorCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly factors: FactorRepository,
    private readonly sessions: SessionRepository,
    private readonly policies: SecurityPolicyRepository,
    private readonly news: FactorNews,
    private readonly queries: QueryBus,
  ) {}

  async execute({ factorId, endOtherSessions }: RemoveFactorCommand): Promise<{ otherSessions: number }> {
    const { account, sessionId, organizationId } = await ownAccount(this.accounts);
    const required = await this.requirements(account.id);
    return this.uow.run(
      async (tx) => {
        await this.factors.lockUser(tx, account.id);
        const held = await this.factors.activeIn(tx, account.id);
        const gone = held.find(({ id }) => id === factorId);
        if (!gone) throw factorNotFound();
        const left = held.filter(({ id }) => id !== factorId);
        // The one that goes may be none that the organization wants: then it makes nothing worse.
        const needed = required.some(
          (rules) => satisfies(rules, gone.method) && !left.some(({ method }) => satisfies(rules, method)),
        );
        if (needed) throw lastFactorRequired();
        await this.factors.remove(tx, account.id, factorId);
        await this.factors.forgetDevices(tx, account.id);
        if (!left.some(({ method }) => method !== 'email')) await this.factors.replaceBackupCodes(tx, account.id, []);
        await this.news.changed(tx, account, { what: 'removed', method: gone.method, factor: gone.name, factorId });
        if (endOtherSessions) await this.sessions.revokeAll(tx, account.id, 'factors-changed', sessionId);
        return { otherSessions: await this.sessions.othersOpen(tx, account.id, sessionId) };
      },
      { tenantId: organizationId ?? PLATFORM_TENANT },
    );
  }

  /** The rules of those organizations of a user that require a factor of it. */
  private async requirements(userId: string) {
    const memberships = await this.queries.execute(new MembershipsOfUserQuery(userId));
    const policies = await this.policies.ofAll(memberships.map(({ organization }) => organization.id));
    return policies
      .filter(({ mfa }, i) => demandOn(mfa, memberships[i], clock.now()).mode === 'required')
      .map(({ mfa }) => mfa);
  }
}

/** Gives the caller ten new backup codes; all former ones are void. Shown this once. */
export class ReplaceBackupCodesCommand extends Command<{ backupCodes: string[] }> {}

@CommandHandler(ReplaceBackupCodesCommand)
export class ReplaceBackupCodesHandler implements ICommandHandler<ReplaceBackupCodesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly factors: FactorRepository,
    private readonly news: FactorNews,
  ) {}

  async execute(): Promise<{ backupCodes: string[] }> {
    const { account, organizationId } = await ownAccount(this.accounts);
    return this.uow.run(
      async (tx) => {
        await this.factors.lockUser(tx, account.id);
        const held = await this.factors.activeIn(tx, account.id);
        if (!held.some(({ method }) => method !== 'email')) throw backupCodesNeedFactor();
        const backupCodes = newBackupCodes();
        await this.factors.replaceBackupCodes(tx, account.id, backupCodes);
        await this.news.changed(tx, account, { what: 'backup-codes-replaced', method: 'backup_code' });
        return { backupCodes };
      },
      { tenantId: organizationId ?? PLATFORM_TENANT },
    );
  }
}
