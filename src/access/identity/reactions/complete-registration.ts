import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { MembershipsOfUserQuery } from '../../organizations/contracts/memberships-of-user';
import { VerificationMail } from '../commands/verification-mail';
import { AccountRepository } from '../data/account.repository';
import type { RegistrationData } from '../domain/challenge';
import { normalizeEmail } from '../domain/email.policy';
import type { StoredSecret } from '../domain/password-hasher';
import { User } from '../domain/user';

interface Registration {
  email: string;
  name: string;
  password: StoredSecret;
  target: Pick<RegistrationData, 'open' | 'join'>;
}

/**
 * Takes the address of a registration for a new account, or finds the one that has it, and mails what follows. In the
 * worker, since the work differs by what is known of the address: a request that did it would tell by its time.
 */
@Injectable()
@Timer({ name: 'identity.complete-registration' })
export class CompleteRegistration implements Fires<Registration> {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly queries: QueryBus,
    private readonly mail: VerificationMail,
  ) {}

  async fire({ email, name, password, target }: Registration, tx: Transaction): Promise<void> {
    const claimed = User.create({ email, emailNormalized: normalizeEmail(email)!, name });
    const { user } = await this.accounts.claimAddress(tx, claimed, password);
    if (user.status !== 'active') return;
    if (!user.isVerified) return this.mail.send(tx, user, { ...target, password, name }, clock.now());
    // A proven address that joins one more shop proves it again; its password stays. Otherwise its owner is told.
    const memberships = await this.queries.execute(new MembershipsOfUserQuery(user.id));
    const shop = target.join?.organizationId;
    const isMember = memberships.some((membership) => membership.organization.id === shop);
    if (shop !== undefined && !isMember) return this.mail.send(tx, user, target, clock.now());
    await this.mail.tellOwner(tx, user, clock.now());
  }
}
