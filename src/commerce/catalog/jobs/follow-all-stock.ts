import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { FollowAllStockCommand } from '../commands/follow-all-stock';

/** Asks what can be had of a shop's products from before lists knew it. */
@Job({ name: 'catalog.follow-all-stock', queue: 'maintenance' })
export class FollowAllStock implements Runs<object> {
  constructor(private readonly commands: CommandBus) {}

  async run(): Promise<void> {
    await this.commands.execute(new FollowAllStockCommand());
  }
}
