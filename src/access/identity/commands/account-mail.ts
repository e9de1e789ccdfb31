import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { SendMessageCommand, type TemplateData } from '../../../engagement/notifications/contracts/send-message';
import { Challenge, LINK_HOURS, type LinkData, type LinkPurpose } from '../domain/challenge';

type Told = 'password-changed' | 'account-disabled' | 'account-deleted';
type Linked =
  'reset-password' | 'account-created' | 'asked-to-join' | 'confirm-new-email' | 'email-changed' | 'account-deletion';
interface Person {
  id: string;
  name: string;
}

/** The letters about accounts; asked for in the caller's transaction and sent by the worker. */
@Injectable()
export class AccountMail {
  constructor(private readonly commands: CommandBus) {}

  /** Tells of something that happened just now. */
  async tell(to: string, person: Person, template: Told): Promise<void> {
    const data = { name: person.name, at: clock.now().toISOString() };
    const dedupeKey = `${template}:${person.id}:${newId()}`;
    await this.commands.execute(new SendMessageCommand({ to, template, data, dedupeKey }));
  }

  /** Makes a link and mails it. */
  async link<Purpose extends LinkPurpose, Template extends Linked>(
    tx: Transaction,
    to: string,
    person: Person,
    link: {
      purpose: Purpose;
      carries: LinkData[Purpose];
      template: Template;
      data: Omit<TemplateData[Template], 'name' | 'token'>;
      /** Hours that the link lives. */
      hours?: number;
    },
  ): Promise<void> {
    const hours = link.hours ?? LINK_HOURS;
    const { challenge, token } = Challenge.link(link.purpose, person.id, link.carries, clock.now(), hours);
    await tx.store.insert(challenge);
    const data = { ...link.data, name: person.name, token } as unknown as TemplateData[Template];
    const dedupeKey = `${link.template}:${challenge.id}`;
    await this.commands.execute(new SendMessageCommand({ to, template: link.template, data, dedupeKey }));
  }

  /** A link that sets a new password. */
  resetLink(
    tx: Transaction,
    user: Person & { email: string },
    by?: TemplateData['reset-password']['by'],
  ): Promise<void> {
    const data = by ? { by } : {};
    return this.link(tx, user.email, user, {
      purpose: 'reset-password',
      carries: {},
      template: 'reset-password',
      data,
    });
  }
}
