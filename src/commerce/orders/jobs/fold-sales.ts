import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { FoldSalesCommand } from '../commands/fold-sales';

/** Adds up a shop's sales. */
@Job({ name: 'orders.fold-sales', queue: 'maintenance' })
export class FoldSales implements Runs<object> {
  constructor(private readonly commands: CommandBus) {}

  async run(): Promise<void> {
    await this.commands.execute(new FoldSalesCommand());
  }
}
