import { CommandBus } from '@nestjs/cqrs';
import { MemberRemoved } from '../../../access/organizations/contracts/organization-events';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { DetachFilesCommand } from '../../files/contracts/files';
import { RoomKeeper } from '../commands/room-keeper';
import { RoomRepository } from '../data/room.repository';
import { ScheduledRepository } from '../data/scheduled.repository';
import { SCHEDULED_OWNER } from '../domain/scheduled';

/** Who leaves the organization leaves its groups and channels; a direct room stays to the other person, and to the one who comes back. */
@Reaction({ name: 'chat.leave-rooms-when-member-removed', on: MemberRemoved })
export class LeaveRoomsWhenMemberRemoved implements Reacts<MemberRemoved> {
  constructor(
    private readonly rooms: RoomRepository,
    private readonly keeper: RoomKeeper,
    private readonly scheduled: ScheduledRepository,
    private readonly commands: CommandBus,
  ) {}

  async react({ payload: { userId } }: StoredEvent<MemberRemoved>, tx: Transaction): Promise<void> {
    // What it wanted to say later is not said, in its direct rooms either.
    for (const id of await this.scheduled.removeAllOf(tx, userId))
      await this.commands.execute(new DetachFilesCommand({ owner: { kind: SCHEDULED_OWNER, id } }));
    for (const roomId of await this.rooms.sharedOf(tx, userId)) {
      const found = await this.rooms.lock(tx, roomId, [userId]);
      const member = found?.members[0];
      if (found && member) await this.keeper.takeOut(tx, found.room, member, null, 'left');
    }
  }
}
