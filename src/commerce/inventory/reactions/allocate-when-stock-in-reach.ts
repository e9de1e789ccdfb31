import { CommandBus } from '@nestjs/cqrs';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { AllocateBackordersCommand } from '../commands/allocate-backorders';
import { BackordersInReach } from '../contracts/inventory-events';

/** Stock that came, or came free, goes to those who wait for it before anybody else can have it. */
@Reaction({ name: 'inventory.allocate-when-stock-in-reach', on: BackordersInReach })
export class AllocateWhenStockInReach implements Reacts<BackordersInReach> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload }: StoredEvent<BackordersInReach>): Promise<void> {
    await this.commands.execute(new AllocateBackordersCommand(payload.skus));
  }
}
