import { CommandBus } from '@nestjs/cqrs';
import { runInContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { ForgetAuthorCommand } from '../commands/forget-author';

/** Forgets somebody in every organization whose chat knows of it, one after another. */
@Job({ name: 'chat.forget-author', queue: 'maintenance' })
export class ForgetAuthor implements Runs<{ userId: string }> {
  constructor(
    private readonly database: Database,
    private readonly commands: CommandBus,
  ) {}

  async run({ userId }: { userId: string }): Promise<void> {
    const tenants = await this.database.readPlatform<{ id: string }>('select id from chat.tenants_of_person($1)', [
      userId,
    ]);
    for (const { id } of tenants)
      await runInContext({ tenantId: id }, () => this.commands.execute(new ForgetAuthorCommand(userId)));
  }
}
