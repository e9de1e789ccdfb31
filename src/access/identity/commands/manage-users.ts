import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AuthVersions } from '../../../kernel/auth/versions';
import { clock } from '../../../kernel/clock/clock';
import { maybeContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { CheckOperatorCommand } from '../contracts/check-operator';
import { CreateUserCommand } from '../contracts/create-user';
import { PasswordChanged } from '../contracts/identity-events';
import { SetPasswordCommand } from '../contracts/set-password';
import { AccountRepository, type AccountFacts } from '../data/account.repository';
import { SessionRepository } from '../data/session.repository';
import type { FactorFacts } from '../data/factor.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import { normalizeEmail } from '../domain/email.policy';
import { emailInvalid, hashUnknown, userNotFound } from '../domain/identity.errors';
import { PasswordHasher, type StoredSecret } from '../domain/password-hasher';
import { DEFAULT_POLICY } from '../domain/security-policy';
import { User } from '../domain/user';
import { FactorCheck, type PreparedProof } from './factor-check';
import { PasswordCheck } from './password-check';
import { SecondFactor } from './second-factor';
import { PasswordRulesOf } from './password-rules';

/** Who has the machine, or imports users, answers for the length: the floor of ASVS 6.2.1 holds. */
const VOUCHED = { rules: DEFAULT_POLICY.password, hasFactor: true };

@CommandHandler(CreateUserCommand)
export class CreateUserHandler implements ICommandHandler<CreateUserCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly hasher: PasswordHasher,
    private readonly rules: PasswordRulesOf,
  ) {}

  async execute({ user: wanted }: CreateUserCommand): Promise<{ userId: string; created: boolean }> {
    const { email, name, verified = true, operator = false } = wanted;
    const emailNormalized = normalizeEmail(email);
    if (!emailNormalized) throw emailInvalid();
    const secret = await this.secretOf(wanted);
    return this.uow.run(
      async (tx) => {
        const { user, created } = await this.accounts.claimAddress(tx, User.create({ email, emailNormalized, name }));
        if (created && verified) user.verifyEmail(clock.now());
        if (operator) user.makeOperator();
        await tx.store.save(user);
        if (created && secret) await this.accounts.setPassword(tx, user.id, secret);
        return { userId: user.id, created };
      },
      { tenantId: maybeContext()?.transaction?.tenantId ?? PLATFORM_TENANT },
    );
  }

  private async secretOf({
    email,
    name,
    password,
    passwordHash,
  }: CreateUserCommand['user']): Promise<StoredSecret | null> {
    if (password !== undefined) {
      this.rules.assert(password, { ...VOUCHED, words: [email, name] });
      return this.hasher.hash(password);
    }
    if (passwordHash === undefined) return null;
    if (!this.hasher.knows(passwordHash)) throw hashUnknown();
    return { secret: passwordHash, pepperKey: null };
  }
}

@CommandHandler(SetPasswordCommand)
export class SetPasswordHandler implements ICommandHandler<SetPasswordCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly sessions: SessionRepository,
    private readonly hasher: PasswordHasher,
    private readonly rules: PasswordRulesOf,
    private readonly versions: AuthVersions,
  ) {}

  async execute({ request }: SetPasswordCommand): Promise<{ userId: string }> {
    const email = normalizeEmail(request.email);
    if (!email) throw userNotFound();
    this.rules.assert(request.password, { ...VOUCHED, words: [email] });
    const secret = await this.hasher.hash(request.password);
    return this.uow.run(
      async (tx) => {
        const user = await this.accounts.lockByEmail(tx, email);
        if (!user) throw userNotFound();
        await this.accounts.setPassword(tx, user.id, secret);
        await this.sessions.revokeAll(tx, user.id, 'password-changed');
        // Sign-ins to the operators' pages are no sessions; they end with the version of the user.
        await this.versions.bump(tx, user.id);
        tx.record(new PasswordChanged(user.id, { userId: user.id }));
        return { userId: user.id };
      },
      { tenantId: PLATFORM_TENANT },
    );
  }
}

@CommandHandler(CheckOperatorCommand)
export class CheckOperatorHandler implements ICommandHandler<CheckOperatorCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly passwords: PasswordCheck,
    private readonly accounts: AccountRepository,
    private readonly throttles: ThrottleRepository,
    private readonly secondFactor: SecondFactor,
    private readonly check: FactorCheck,
  ) {}

  async execute({ credentials }: CheckOperatorCommand): Promise<{ userId: string; email: string } | null> {
    try {
      const { account, factors, reservation, rehashed } = await this.passwords.check(
        credentials.email,
        credentials.password,
      );
      if (account.platformRole !== 'operator') return null;
      const factor = await this.factorOf(account, factors, credentials.code);
      if (factor === 'missing') return null;
      return await this.uow.run(
        async (tx) => {
          if (!(await this.accounts.credentialUsed(tx, account.credential, rehashed))) return null;
          // A wrong code is a failed try: it stays counted.
          if (factor && !(await this.check.settle(tx, account.id, factor, null, 'refuse')).ok) return null;
          this.throttles.succeed(tx, reservation);
          return { userId: account.id, email: account.email };
        },
        { tenantId: PLATFORM_TENANT },
      );
    } catch (error) {
      if (error instanceof AppError && (error.kind === 'unauthenticated' || error.kind === 'forbidden')) return null;
      throw error;
    }
  }

  /** The second factor to be used up; null where the operator has none, `missing` where it was not given. */
  private async factorOf(
    account: AccountFacts,
    factors: FactorFacts[],
    code: string | undefined,
  ): Promise<PreparedProof | 'missing' | null> {
    const need = await this.secondFactor.need(account, null, factors);
    if (!need) return null;
    if (!code) return 'missing';
    const method = /^[\d\s]{6,8}$/.test(code) ? 'totp' : 'backup_code';
    return this.check.prepare(account.id, { method, code }, null, { window: 1 });
  }
}
