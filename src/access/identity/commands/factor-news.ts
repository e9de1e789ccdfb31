import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { SendMessageCommand, type TemplateData } from '../../../engagement/notifications/contracts/send-message';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { FactorsChanged, PasskeyCopySuspected } from '../contracts/factor-events';
import type { Passkey } from '../data/factor.repository';
import type { SecondStep } from '../domain/assurance';

interface Person {
  id: string;
  email: string;
  name: string;
}

const WORDS: Record<SecondStep, string> = {
  totp: 'authenticator app',
  sms: 'phone number',
  email: 'e-mail address',
  passkey: 'passkey',
  backup_code: 'backup code',
};

/** A moment in words, UTC. */
export const inWords = (at: Date): string =>
  `${at.toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })} UTC`;

/** Tells everybody whom a change of factors concerns: the person by mail, other contexts by event. In the caller's transaction. */
@Injectable()
export class FactorNews {
  constructor(private readonly commands: CommandBus) {}

  async changed(
    tx: Transaction,
    person: Person,
    news: {
      what: FactorsChanged['payload']['change'];
      method: SecondStep;
      factor?: string;
      factorId?: string | null;
      left?: number;
    },
  ): Promise<void> {
    const { what, method, factor = '', factorId = null, left } = news;
    tx.record(new FactorsChanged(person.id, { userId: person.id, change: what, method, factorId }));
    await this.mail(person, { what, method: WORDS[method], factor, left });
  }

  /** An authenticator that looks copied signed in, or tried to. */
  async copied(tx: Transaction, person: Person, passkey: Passkey, refused: boolean): Promise<void> {
    tx.record(new PasskeyCopySuspected(person.id, { userId: person.id, factorId: passkey.id, refused }));
    if (refused) await this.mail(person, { what: 'passkey-copied', method: WORDS.passkey, factor: 'passkey' });
  }

  private async mail(
    person: Person,
    data: Pick<TemplateData['factor-changed'], 'what' | 'method' | 'factor' | 'left'>,
  ): Promise<void> {
    const { ip } = currentContext();
    await this.commands.execute(
      new SendMessageCommand({
        to: person.email,
        template: 'factor-changed',
        data: { ...data, name: person.name, at: inWords(clock.now()), ip },
        dedupeKey: `factor-changed:${newId()}`,
      }),
    );
  }
}
