import { MemberRemoved } from '../../../access/organizations/contracts/organization-events';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { RoomKeeper } from '../commands/room-keeper';
import { Scheduling } from '../commands/schedule-message';
import { RoomRepository } from '../data/room.repository';

/** Who leaves the organization leaves its groups and channels; a direct room stays to the other person, and to the one who comes back. */
@Reaction({ name: 'chat.leave-rooms-when-member-removed', on: MemberRemoved })
export class LeaveRoomsWhenMemberRemoved implements Reacts<MemberRemoved> {
  constructor(
    private readonly rooms: RoomRepository,
    private readonly keeper: RoomKeeper,
    private readonly scheduling: Scheduling,
  ) {}

  async react({ payload: { userId } }: StoredEvent<MemberRemoved>, tx: Transaction): Promise<void> {
    // What it wanted to say later is not said, in its direct rooms either.
    await this.scheduling.cancelAllOf(tx, userId);
    for (const roomId of await this.rooms.sharedOf(tx, userId)) {
      const found = await this.rooms.lock(tx, roomId, [userId]);
      const member = found?.members[0];
      if (found && member) await this.keeper.takeOut(tx, found.room, member, null, 'left');
    }
  }
}
