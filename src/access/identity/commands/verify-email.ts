import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { sha256 } from '../../../kernel/crypto/hashing';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CreateOrganizationCommand, type OrganizationFacts } from '../../organizations/contracts/create-organization';
import { UserRegistered } from '../contracts/identity-events';
import { AccountRepository } from '../data/account.repository';
import { Challenge, type RegistrationData } from '../domain/challenge';
import { linkInvalid, linkSpent } from '../domain/identity.errors';
import { User } from '../domain/user';
import { actingAs } from './acting-as';
import { Joining } from './joining';

/** Opens the link of a registration: the address is proven, and what was registered for comes true, in one commit. */
export class VerifyEmailCommand extends Command<{ email: string; organization: OrganizationFacts | null }> {
  constructor(readonly token: string) {
    super();
  }
}

@CommandHandler(VerifyEmailCommand)
export class VerifyEmailHandler implements ICommandHandler<VerifyEmailCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly commands: CommandBus,
    private readonly joining: Joining,
  ) {}

  async execute({ token }: VerifyEmailCommand): Promise<{ email: string; organization: OrganizationFacts | null }> {
    const found = await this.accounts.openLink(sha256(token), 'verify-email');
    if (!found) throw linkInvalid();
    // The new organization's, or the shop's, rows are written in this commit: the unit of work is of that tenant.
    const tenantId = found.data.open?.organizationId ?? found.data.join?.organizationId ?? PLATFORM_TENANT;
    return actingAs(found.userId, () =>
      this.uow.run(
        async (tx) => {
          // User before link, as registering does: two links of one user take turns.
          const user = await tx.store.load(User, found.userId);
          const challenge = await tx.store.load(Challenge, found.id);
          if (!user || !challenge || user.status !== 'active') throw linkInvalid();
          if (!challenge.isOpen(clock.now())) throw linkSpent();
          const isFirst = !user.isVerified;
          const data = challenge.consume('verify-email', clock.now());
          await tx.store.save(challenge);
          if (isFirst) await this.complete(tx, user, data);
          return { email: user.email, organization: await this.settle(tx, user, data, isFirst) };
        },
        { tenantId },
      ),
    );
  }

  /** The first proof of an address: name and password are those of the registration whose link was opened. */
  private async complete(tx: Transaction, user: User, data: RegistrationData): Promise<void> {
    user.verifyEmail(clock.now());
    if (data.name) user.name = data.name;
    await tx.store.save(user);
    if (data.password) await this.accounts.setPassword(tx, user.id, data.password);
  }

  private async settle(
    tx: Transaction,
    user: User,
    data: RegistrationData,
    isFirst: boolean,
  ): Promise<OrganizationFacts | null> {
    // Of two registrations of one new address only the one whose link is opened first opens its organization.
    if (data.open && isFirst) {
      const { organizationId: id, name } = data.open;
      const organization = await this.commands.execute(
        new CreateOrganizationCommand({ id, name, ownerUserId: user.id }),
      );
      tx.record(
        new UserRegistered(user.id, {
          userId: user.id,
          email: user.email,
          name: user.name,
          tenantId: id,
          kind: 'owner',
        }),
      );
      return organization;
    }
    await this.joining.settle(tx, user, data.join);
    return null;
  }
}
