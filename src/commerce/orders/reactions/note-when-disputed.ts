import { CommandBus } from '@nestjs/cqrs';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { DisputeClosed, DisputeOpened } from '../../../money/payments/contracts/dispute-events';
import { NoteDisputeCommand } from '../commands/note-dispute';

/** An order whose payment is disputed is marked, and not shipped meanwhile. */
@Reaction({ name: 'orders.note-when-dispute-opened', on: DisputeOpened })
export class NoteWhenDisputeOpened implements Reacts<DisputeOpened> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload }: StoredEvent<DisputeOpened>): Promise<void> {
    const { payable, disputeId, amount, reason, inquiry } = payload;
    if (payable.type !== 'order') return;
    const moment = inquiry ? 'inquiry' : 'opened';
    await this.commands.execute(new NoteDisputeCommand({ orderId: payable.id, disputeId, amount, reason, moment }));
  }
}

/** How the dispute ended stands with the order. */
@Reaction({ name: 'orders.note-when-dispute-closed', on: DisputeClosed })
export class NoteWhenDisputeClosed implements Reacts<DisputeClosed> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload }: StoredEvent<DisputeClosed>): Promise<void> {
    const { payable, disputeId, amount, reason, outcome: moment } = payload;
    if (payable.type !== 'order') return;
    await this.commands.execute(new NoteDisputeCommand({ orderId: payable.id, disputeId, amount, reason, moment }));
  }
}
