import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { SendMessageCommand } from '../../../engagement/notifications/contracts/send-message';
import { Challenge, type RegistrationData } from '../domain/challenge';
import type { User } from '../domain/user';

/** The mails of registration; asked for in the caller's transaction and sent by the worker. */
@Injectable()
export class VerificationMail {
  constructor(private readonly commands: CommandBus) {}

  /** Makes a link that completes `data` when it is opened, and mails it. */
  async send(tx: Transaction, user: User, data: RegistrationData, now: Date): Promise<void> {
    const { challenge, token } = Challenge.link('verify-email', user.id, data, now);
    await tx.store.insert(challenge);
    await this.commands.execute(
      new SendMessageCommand({
        to: user.email,
        template: 'verify-email',
        data: { name: data.name ?? user.name, token },
        dedupeKey: `verify-email:${challenge.id}`,
      }),
    );
  }

  /**
   * Tells the owner of an account that somebody registered with its address, at most once an hour; with a link for a
   * new password, since it may have been the owner, who forgot.
   */
  async tellOwner(tx: Transaction, user: User, now: Date): Promise<void> {
    const { challenge, token } = Challenge.link('reset-password', user.id, {}, now);
    await tx.store.insert(challenge);
    await this.commands.execute(
      new SendMessageCommand({
        to: user.email,
        template: 'already-registered',
        data: { name: user.name, token },
        dedupeKey: `already-registered:${user.id}:${now.toISOString().slice(0, 13)}`,
      }),
    );
  }
}
