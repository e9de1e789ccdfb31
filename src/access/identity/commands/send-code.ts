import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { randomInt } from 'node:crypto';
import { SendMessageCommand } from '../../../engagement/notifications/contracts/send-message';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { AuthFlowRepository } from '../data/auth-flow.repository';
import { CODE_MINUTES, MOST_SENDS, RESEND_SECONDS, type AuthFlow } from '../domain/auth-flow';
import { codeSentLately, tooManyCodes } from '../domain/factor.errors';
import { emailHint, phoneHint } from '../domain/phone.policy';
import { FactorTries } from './factor-tries';

/** What is said of a code that is on its way. */
export interface SentCode {
  /** Where to, as far as it may be shown. */
  sentTo: string;
  /** Seconds that the code lives, and after which another one may be asked for. */
  expiresIn: number;
  resendIn: number;
  /** How often it may be sent again. */
  sendsLeft: number;
}

/** Somewhere that codes are sent to. */
export interface CodeTarget {
  method: 'sms' | 'email';
  factorId: string;
  /** E.164, or an address. */
  recipient: string;
}

/** Sends six digits for a flow: by the worker, in the commit that stores their hash. */
@Injectable()
export class SendCode {
  constructor(
    private readonly commands: CommandBus,
    private readonly flows: AuthFlowRepository,
    private readonly tries: FactorTries,
  ) {}

  /** Counts the code before anything is locked. @throws AppError too-many `identity.too-many-codes` */
  reserve(target: CodeTarget): Promise<void> {
    return this.tries.reserveCode(target.recipient);
  }

  /** Arms a locked flow and asks for the message. @throws AppError too-many */
  async send(tx: Transaction, flow: AuthFlow, { method, factorId, recipient }: CodeTarget): Promise<SentCode> {
    const now = clock.now();
    const wait = flow.sendableIn(now);
    if (wait === null) throw tooManyCodes();
    if (wait > 0) throw codeSentLately(wait);
    const code = String(randomInt(1_000_000)).padStart(6, '0');
    flow.arm({ method, factorId, hash: this.flows.codeHash(flow.id, code) }, now);
    await tx.store.save(flow);
    await this.commands.execute(
      new SendMessageCommand({
        to: recipient,
        channel: method,
        template: 'one-time-code',
        data: { code, minutes: CODE_MINUTES, expiresAt: flow.codeExpiresAt!.toISOString() },
        dedupeKey: `one-time-code:${flow.id}:${flow.sends}`,
      }),
    );
    return {
      sentTo: method === 'sms' ? phoneHint(recipient) : emailHint(recipient),
      expiresIn: CODE_MINUTES * 60,
      resendIn: RESEND_SECONDS,
      sendsLeft: MOST_SENDS - flow.sends,
    };
  }
}
