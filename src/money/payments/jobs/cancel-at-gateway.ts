import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { CancelAttemptCommand } from '../commands/cancel-attempt';

/** Tells the gateway that an attempt is no longer wanted. */
@Job({ name: 'payments.cancel-at-gateway', queue: 'payments' })
export class CancelAtGateway implements Runs<{ attemptId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ attemptId }: { attemptId: string }): Promise<void> {
    await this.commands.execute(new CancelAttemptCommand(attemptId));
  }
}
