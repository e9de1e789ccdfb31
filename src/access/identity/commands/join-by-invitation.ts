import { Injectable } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import {
  AcceptInvitationCommand,
  FindInvitationQuery,
  type AcceptedInvitation,
  type InvitationFacts,
} from '../../organizations/contracts/invitations';
import { UserRegistered } from '../contracts/identity-events';
import { AccountRepository } from '../data/account.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import { normalizeEmail } from '../domain/email.policy';
import {
  alreadyRegistered,
  credentialsRefused,
  emailInvalid,
  emailUnverified,
  sessionWithoutUser,
  tooManyTries,
} from '../domain/identity.errors';
import { ADDRESS_LANE, addressBucket } from '../domain/login-throttle.policy';
import { PasswordHasher } from '../domain/password-hasher';
import { User } from '../domain/user';
import { actingAs } from './acting-as';
import { PasswordCheck } from './password-check';
import { PasswordRulesOf } from './password-rules';

/** Invitations as identity sees them: who bears the token has proven the address that it was mailed to. */
@Injectable()
export class InvitationDoor {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly throttles: ThrottleRepository,
  ) {}

  /** The open invitation of a token; tokens that are none count like wrong passwords from the same address. */
  async find(token: string): Promise<InvitationFacts> {
    const reservation = await this.throttles.reserve([
      { lane: ADDRESS_LANE, value: addressBucket(currentContext().ip ?? '') },
    ]);
    if (!reservation.allowed) throw tooManyTries(reservation.retryAfterSeconds);
    try {
      const found = await this.queries.execute(new FindInvitationQuery(token));
      await this.throttles.giveBack(reservation);
      return found;
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'not-found') await this.throttles.giveBack(reservation);
      throw error;
    }
  }

  /** Uses the invitation up for a user, in the open transaction of its organization's tenant. */
  async accept(
    tx: Transaction,
    token: string,
    user: { id: string; email: string; name: string },
  ): Promise<AcceptedInvitation> {
    const emails = [user.email, normalizeEmail(user.email) ?? user.email];
    const accepted = await this.commands.execute(new AcceptInvitationCommand(token, { id: user.id, emails }));
    const kind = accepted.role === 'owner' || accepted.role === 'customer' ? accepted.role : 'staff';
    const { id: userId, email, name } = user;
    tx.record(new UserRegistered(userId, { userId, email, name, tenantId: tx.tenantId, kind }));
    return accepted;
  }
}

/** Lets the caller join by an invitation; the address that it was sent to must be the caller's proven one. */
export class JoinByInvitationCommand extends Command<AcceptedInvitation> {
  constructor(readonly token: string) {
    super();
  }
}

@CommandHandler(JoinByInvitationCommand)
export class JoinByInvitationHandler implements ICommandHandler<JoinByInvitationCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly door: InvitationDoor,
  ) {}

  async execute({ token }: JoinByInvitationCommand): Promise<AcceptedInvitation> {
    const { userId } = currentContext().principal;
    if (!userId) throw sessionWithoutUser();
    const account = await this.accounts.byId(userId);
    if (account?.status !== 'active') throw sessionWithoutUser();
    if (!account.verified) throw emailUnverified();
    const { organization } = await this.door.find(token);
    return this.uow.run((tx) => this.door.accept(tx, token, account), { tenantId: organization.id });
  }
}

/**
 * Registers by an invitation: the address is the invitation's, and proven by its token. An account that waits for its
 * proof gets this name and password; one that is proven is refused, and joins after signing in.
 */
export class RegisterInvitedCommand extends Command<AcceptedInvitation & { email: string }> {
  constructor(readonly form: { token: string; name: string; password: string }) {
    super();
  }
}

@CommandHandler(RegisterInvitedCommand)
export class RegisterInvitedHandler implements ICommandHandler<RegisterInvitedCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly hasher: PasswordHasher,
    private readonly rules: PasswordRulesOf,
    private readonly door: InvitationDoor,
  ) {}

  async execute({ form }: RegisterInvitedCommand): Promise<AcceptedInvitation & { email: string }> {
    const { token, name } = form;
    const { email, organization } = await this.door.find(token);
    const emailNormalized = normalizeEmail(email);
    if (!emailNormalized) throw emailInvalid();
    if ((await this.accounts.byEmail(emailNormalized))?.verified) throw alreadyRegistered();
    this.rules.assert(form.password, {
      rules: await this.rules.ofTenant(organization.id),
      words: [email, name, organization.name],
    });
    const password = await this.hasher.hash(form.password);
    return this.uow.run(
      async (tx) => {
        const { user } = await this.accounts.claimAddress(tx, User.create({ email, emailNormalized, name }));
        if (user.isVerified || user.status !== 'active') throw alreadyRegistered();
        user.verifyEmail(clock.now());
        user.name = name;
        await tx.store.save(user);
        await this.accounts.setPassword(tx, user.id, password);
        const accepted = await actingAs(user.id, () => this.door.accept(tx, token, user));
        return { ...accepted, email: user.email };
      },
      { tenantId: organization.id },
    );
  }
}

/** Joins by an invitation with the password of the account that its address has: the page of the mail's link. */
export class JoinWithPasswordCommand extends Command<AcceptedInvitation & { email: string }> {
  constructor(readonly form: { token: string; password: string }) {
    super();
  }
}

@CommandHandler(JoinWithPasswordCommand)
export class JoinWithPasswordHandler implements ICommandHandler<JoinWithPasswordCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly throttles: ThrottleRepository,
    private readonly passwords: PasswordCheck,
    private readonly door: InvitationDoor,
  ) {}

  async execute({
    form: { token, password },
  }: JoinWithPasswordCommand): Promise<AcceptedInvitation & { email: string }> {
    const { email, organization } = await this.door.find(token);
    const { account, reservation, rehashed } = await this.passwords.check(email, password);
    return actingAs(account.id, () =>
      this.uow.run(
        async (tx) => {
          if (!(await this.accounts.credentialUsed(tx, account.credential, rehashed))) throw credentialsRefused();
          this.throttles.succeed(tx, reservation);
          return { ...(await this.door.accept(tx, token, account)), email: account.email };
        },
        { tenantId: organization.id },
      ),
    );
  }
}
