import { CommandBus } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { DeleteAccountCommand } from '../commands/delete-account';

/** Deletes an account, over as many transactions as there are trails that know the person. */
@Job({ name: 'identity.delete-account', queue: 'maintenance', attempts: 12 })
export class DeleteAccount implements Runs<Due> {
  constructor(private readonly commands: CommandBus) {}

  async run({ userId, dueAt }: Due): Promise<void> {
    await this.commands.execute(new DeleteAccountCommand(userId, dueAt === undefined ? clock.now() : new Date(dueAt)));
  }
}

interface Due {
  userId: string;
  /** RFC 3339; absent in jobs of former releases. */
  dueAt?: string;
}
