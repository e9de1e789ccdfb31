import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { AccountMail } from '../commands/account-mail';
import { AccountRepository } from '../data/account.repository';
import type { RegistrationData } from '../domain/challenge';
import { normalizeEmail } from '../domain/email.policy';
import { User } from '../domain/user';

interface Asked {
  email: string;
  name: string;
  /** Name of the organization. */
  organization: string;
  join: NonNullable<RegistrationData['join']>;
}

/**
 * Mails the link by which a person joins an organization that asked for it; who has no account gets one. In the worker,
 * since a request that did it would tell by its time whether there was one.
 */
@Injectable()
@Timer({ name: 'identity.ask-to-join' })
export class AskToJoin implements Fires<Asked> {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly mail: AccountMail,
  ) {}

  async fire({ email, name, organization, join }: Asked, tx: Transaction): Promise<void> {
    const claimed = User.create({ email, emailNormalized: normalizeEmail(email)!, name });
    const { user } = await this.accounts.claimAddress(tx, claimed);
    if (user.status !== 'active') return;
    const data = { organization };
    if (user.isVerified)
      return this.mail.link(tx, user.email, user, {
        purpose: 'verify-email',
        carries: { join },
        template: 'asked-to-join',
        data,
      });
    const person = { id: user.id, name };
    const link = { purpose: 'reset-password', carries: { join }, template: 'account-created', data } as const;
    return this.mail.link(tx, user.email, person, link);
  }
}
