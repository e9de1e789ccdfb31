import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { SettleAttemptCommand } from '../commands/settle-attempt';

/** Asks the gateway about an attempt and records the answer. */
@Job({ name: 'payments.settle-attempt', queue: 'payments' })
export class SettleAttempt implements Runs<{ attemptId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ attemptId }: { attemptId: string }): Promise<void> {
    await this.commands.execute(new SettleAttemptCommand(attemptId));
  }
}
