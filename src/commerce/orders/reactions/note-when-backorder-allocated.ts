import { CommandBus } from '@nestjs/cqrs';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { BackordersAllocated } from '../../inventory/contracts/inventory-events';
import { NoteAllocatedBackorderCommand } from '../commands/note-allocated-backorder';

/** The order says that pieces which it waited for are here. */
@Reaction({ name: 'orders.note-when-backorder-allocated', on: BackordersAllocated })
export class NoteWhenBackorderAllocated implements Reacts<BackordersAllocated> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload: { reference, lines, waiting } }: StoredEvent<BackordersAllocated>): Promise<void> {
    await this.commands.execute(new NoteAllocatedBackorderCommand({ orderId: reference.id, lines, waiting }));
  }
}
