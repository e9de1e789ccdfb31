import { CommandBus } from '@nestjs/cqrs';
import { Job, type JobClass, type RunningJob, type Runs } from '../../../kernel/messaging/reaction';
import type { Channel } from '../contracts/channels';
import { DeliverMessageCommand } from '../commands/deliver-message';

const ATTEMPTS = 8;

/** Sends one message. */
@Job({ name: 'notifications.send-mail', queue: 'mail', attempts: ATTEMPTS })
export class SendMail implements Runs<{ messageId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ messageId }: { messageId: string }, job: RunningJob): Promise<void> {
    await this.commands.execute(new DeliverMessageCommand(messageId, job.attempt >= ATTEMPTS));
  }
}

/** The job that delivers messages of a channel. */
export const deliveryJob = (_channel: Channel): JobClass<{ messageId: string }> => SendMail;
