import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Job, type JobClass, type RunningJob, type Runs } from '../../../kernel/messaging/reaction';
import type { Channel } from '../contracts/channels';
import { DeliverMessageCommand } from '../commands/deliver-message';
import { Turns } from './turns';

const ATTEMPTS = 8;
/** Whatever waits with a lower number in a queue goes first; without a number, before all. */
const AFTER_OTHERS = 10;

/** The message to send, and whether its provider's quota was taken for it already. */
export interface DeliveryJob {
  messageId: string;
  permitted?: boolean;
}

/** The kinds of messages of a queue: each channel has places of its own, and codes and letters have others than campaigns. */
@Injectable()
abstract class Delivers implements Runs<DeliveryJob> {
  protected abstract readonly turns: Turns;

  constructor(private readonly commands: CommandBus) {}

  run({ messageId, permitted }: DeliveryJob, { attempt, tenantId }: RunningJob): Promise<void> {
    // A further try is one more message to the provider.
    const command = new DeliverMessageCommand(messageId, attempt >= ATTEMPTS, permitted === true && attempt === 1);
    return this.turns.take(tenantId, () => this.commands.execute(command));
  }
}

/** Sends one letter that somebody waits for. */
@Job({ name: 'notifications.send-mail', queue: 'mail', attempts: ATTEMPTS })
export class SendMail extends Delivers {
  protected readonly turns = new Turns(6);
}

/** Sends one mail of a notification: it may be one of thousands. */
@Job({ name: 'notifications.send-notice-by-mail', queue: 'mail', attempts: ATTEMPTS, priority: AFTER_OTHERS })
export class SendNoticeByMail extends Delivers {
  protected readonly turns = new Turns(6);
}

/** Sends one text message that somebody waits for, such as a code. */
@Job({ name: 'notifications.send-text', queue: 'mail', attempts: ATTEMPTS })
export class SendText extends Delivers {
  protected readonly turns = new Turns(3);
}

/** Sends one text message of a notification. */
@Job({ name: 'notifications.send-notice-by-text', queue: 'mail', attempts: ATTEMPTS, priority: AFTER_OTHERS })
export class SendNoticeByText extends Delivers {
  protected readonly turns = new Turns(3);
}

/** Brings one notification into the inbox whose time has come. */
@Job({ name: 'notifications.show-notice', queue: 'mail', attempts: ATTEMPTS, priority: AFTER_OTHERS })
export class ShowNotice extends Delivers {
  protected readonly turns = new Turns(2);
}

export const DELIVERY_JOBS = [SendMail, SendNoticeByMail, SendText, SendNoticeByText, ShowNotice];

/** The job that delivers a message: what is critical, and letters to one person, go before notifications. */
export function deliveryJob({ channel, prompt }: { channel: Channel; prompt: boolean }): JobClass<DeliveryJob> {
  if (channel === 'in_app') return ShowNotice;
  if (channel === 'sms') return prompt ? SendText : SendNoticeByText;
  return prompt ? SendMail : SendNoticeByMail;
}
