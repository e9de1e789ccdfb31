import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { DeleteAccountCommand } from '../commands/delete-account';

/** Deletes an account, over as many transactions as there are trails that know the person. */
@Job({ name: 'identity.delete-account', queue: 'maintenance', attempts: 12 })
export class DeleteAccount implements Runs<{ userId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ userId }: { userId: string }): Promise<void> {
    await this.commands.execute(new DeleteAccountCommand(userId));
  }
}
