import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { RoomChannel } from '../adapters/room-channel';
import { RoomRepository, type Member } from '../data/room.repository';
import { callerOf } from '../domain/caller';
import { nameRequired, needsTwo, tooManyMembers } from '../domain/chat.errors';
import { MOST_MEMBERS, pairOf, type RoomType } from '../domain/room';
import { FindRoomQuery, type RoomDetails } from '../queries/rooms';
import { People } from '../queries/people';

export interface NewRoom {
  type: RoomType;
  memberIds: string[];
  name: string | null;
  topic: string | null;
  private: boolean;
}

/**
 * Opens a room with the caller as its owner; two people have one direct room, which is answered where it is there.
 * @throws AppError invalid `chat.member-unknown`, `chat.direct-needs-two`, `chat.name-required`, conflict `chat.too-many-members`
 */
export class OpenRoomCommand extends Command<RoomDetails> {
  constructor(readonly room: NewRoom) {
    super();
  }
}

@CommandHandler(OpenRoomCommand)
export class OpenRoomHandler implements ICommandHandler<OpenRoomCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly rooms: RoomRepository,
    private readonly people: People,
    private readonly channel: RoomChannel,
  ) {}

  async execute({ room }: OpenRoomCommand): Promise<RoomDetails> {
    const { tenantId, userId } = callerOf(currentContext());
    const direct = room.type === 'direct';
    const others = [...new Set(room.memberIds)].filter((id) => id !== userId);
    if (direct && others.length !== 1) throw needsTwo();
    if (direct ? room.name !== null : room.type === 'channel' && room.name === null) throw nameRequired();
    if (others.length >= MOST_MEMBERS[room.type]) throw tooManyMembers(MOST_MEMBERS[room.type]);
    await this.people.demand(userId, others);
    const members: Member[] = [
      { userId, role: direct ? 'member' : 'owner' },
      ...others.map((id) => ({ userId: id, role: 'member' as const })),
    ];
    return this.uow.run(async (tx) => {
      const pair = direct ? pairOf(userId, others[0]) : null;
      let id = newId();
      const made = await this.rooms.insert(tx, { ...room, id, pair, createdBy: userId }, members);
      if (!made) id = await this.rooms.idOfPair(tx, pair!);
      const details = await this.queries.execute(new FindRoomQuery(id));
      if (made) for (const member of members) this.channel.open(tenantId, id, member.userId);
      return details;
    });
  }
}
