import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RoomChannel } from '../adapters/room-channel';
import { RoomRepository, type Room } from '../data/room.repository';
import { callerOf } from '../domain/caller';
import {
  fixedMembers,
  memberNotFound,
  membersBanned,
  notAllowed,
  ownersOnly,
  roomArchived,
  tooManyMembers,
} from '../domain/chat.errors';
import { looksAfter, mayAdd, mayRemove, MOST_MEMBERS, type RoomRole } from '../domain/room';
import { IndexMessages } from '../jobs/index-messages';
import { RoomKeeper } from './room-keeper';
import { Purging } from './purge-messages-handler';
import { People } from '../queries/people';
import { FindRoomQuery, type RoomDetails } from '../queries/rooms';

export interface RoomChange {
  name?: string;
  topic?: string | null;
  private?: boolean;
  archived?: boolean;
  retentionDays?: number | null;
}

/** @throws AppError not-found `chat.room-not-found`, forbidden `chat.moderators-only`, conflict `chat.direct-is-fixed` */
export class ChangeRoomCommand extends Command<RoomDetails> {
  constructor(
    readonly roomId: string,
    readonly change: RoomChange,
  ) {
    super();
  }
}

/**
 * Adds people; who is in the room already stays as it is.
 * @throws AppError invalid `chat.member-unknown`, forbidden `chat.moderators-only`, conflict `chat.too-many-members`, `chat.direct-is-fixed`,
 * `chat.member-banned`
 */
export class AddRoomMembersCommand extends Command<RoomDetails> {
  constructor(
    readonly roomId: string,
    readonly memberIds: string[],
  ) {
    super();
  }
}

/** @throws AppError forbidden `chat.owners-only`, not-found `chat.member-not-found` */
export class ChangeRoomMemberCommand extends Command<void> {
  constructor(
    readonly roomId: string,
    readonly userId: string,
    readonly role: RoomRole,
  ) {
    super();
  }
}

/**
 * Takes somebody out of a room, or leaves it. Where the last owner goes, a moderator or else whoever came first becomes one.
 * @throws AppError forbidden `chat.moderators-only`, not-found `chat.member-not-found`, conflict `chat.direct-is-fixed`
 */
export class RemoveRoomMemberCommand extends Command<void> {
  constructor(
    readonly roomId: string,
    readonly userId: string,
  ) {
    super();
  }
}

@CommandHandler(ChangeRoomCommand)
export class ChangeRoomHandler implements ICommandHandler<ChangeRoomCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly keeper: RoomKeeper,
    private readonly rooms: RoomRepository,
    private readonly clock: Clock,
    private readonly purging: Purging,
  ) {}

  execute({ roomId, change }: ChangeRoomCommand): Promise<RoomDetails> {
    const caller = callerOf(currentContext());
    // Members of a DTO that were not sent are there, without a value.
    const given = Object.entries(change).filter(([, value]) => value !== undefined);
    return this.uow.run(async (tx) => {
      const { room, me } = await this.keeper.enter(tx, roomId, caller);
      const direct = room.type === 'direct';
      if (direct && (change.name !== undefined || change.topic !== undefined)) throw fixedMembers();
      if (!direct && !looksAfter(me.role)) throw notAllowed();
      const { archived, ...named } = Object.fromEntries(given) as RoomChange;
      if (room.archivedAt !== null && archived !== false) throw roomArchived();
      const wanted: Room = { ...room, ...named };
      if (archived !== undefined && archived !== (room.archivedAt !== null))
        wanted.archivedAt = archived ? this.clock.now() : null;
      const changed = Object.fromEntries(
        given.filter(([name, value]) =>
          name === 'archived' ? wanted.archivedAt !== room.archivedAt : room[name as 'name'] !== value,
        ),
      );
      if (Object.keys(changed).length > 0) {
        this.rooms.change(tx, wanted);
        // Search leaves a private room out at once; what was said in it is taken out of the index, or put into it, later.
        if (wanted.private !== room.private) tx.job(IndexMessages, { roomId });
        if (wanted.retentionDays !== null && wanted.retentionDays !== room.retentionDays) this.purging.begin(tx);
        await this.keeper.tell(tx, roomId, 'room.changed', caller.userId, changed);
      }
      return this.queries.execute(new FindRoomQuery(roomId));
    });
  }
}

@CommandHandler(AddRoomMembersCommand)
export class AddRoomMembersHandler implements ICommandHandler<AddRoomMembersCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly keeper: RoomKeeper,
    private readonly rooms: RoomRepository,
    private readonly people: People,
    private readonly channel: RoomChannel,
  ) {}

  async execute({ roomId, memberIds }: AddRoomMembersCommand): Promise<RoomDetails> {
    const caller = callerOf(currentContext());
    const wanted = [...new Set(memberIds)];
    // Whose room it is comes before who is to enter it.
    await this.queries.execute(new FindRoomQuery(roomId));
    await this.people.demand(caller.userId, wanted);
    return this.uow.run(async (tx) => {
      const { room, me, members } = await this.keeper.enter(tx, roomId, caller, wanted);
      if (room.type === 'direct') throw fixedMembers();
      if (!mayAdd(room.type, me.role)) throw notAllowed();
      if (room.archivedAt !== null) throw roomArchived();
      const added = wanted
        .filter((id) => !members.some(({ userId }) => userId === id))
        .map((userId) => ({ userId, role: 'member' as const }));
      if (room.members + added.length > MOST_MEMBERS[room.type]) throw tooManyMembers(MOST_MEMBERS[room.type]);
      const banned = await this.rooms.banned(
        tx,
        roomId,
        added.map(({ userId }) => userId),
      );
      if (banned.length > 0) throw membersBanned(banned);
      if (added.length > 0) {
        await this.keeper.tell(tx, roomId, 'member.joined', caller.userId, { members: added });
        this.rooms.add(tx, roomId, added);
        for (const { userId } of added) this.channel.open(tx.tenantId, roomId, userId);
      }
      return this.queries.execute(new FindRoomQuery(roomId));
    });
  }
}

@CommandHandler(ChangeRoomMemberCommand)
export class ChangeRoomMemberHandler implements ICommandHandler<ChangeRoomMemberCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly keeper: RoomKeeper,
    private readonly rooms: RoomRepository,
  ) {}

  async execute({ roomId, userId, role }: ChangeRoomMemberCommand): Promise<void> {
    const caller = callerOf(currentContext());
    await this.uow.run(async (tx) => {
      const { room, me, members } = await this.keeper.enter(tx, roomId, caller, [userId]);
      const other = members.find((member) => member.userId === userId);
      if (!other) throw memberNotFound();
      if (room.type === 'direct') throw fixedMembers();
      if (me.role !== 'owner') throw ownersOnly();
      if (other.role === role) return;
      this.rooms.setRole(tx, roomId, userId, role);
      await this.keeper.tell(tx, roomId, 'member.changed', caller.userId, { userId, role });
      if (other.role !== 'owner') return;
      // An owner who steps down leaves the room to somebody.
      const heir = await this.rooms.heir(tx, roomId, userId);
      if (heir === null) return;
      this.rooms.setRole(tx, roomId, heir, 'owner');
      await this.keeper.tell(tx, roomId, 'member.changed', caller.userId, { userId: heir, role: 'owner' });
    });
  }
}

@CommandHandler(RemoveRoomMemberCommand)
export class RemoveRoomMemberHandler implements ICommandHandler<RemoveRoomMemberCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly keeper: RoomKeeper,
  ) {}

  async execute({ roomId, userId }: RemoveRoomMemberCommand): Promise<void> {
    const caller = callerOf(currentContext());
    await this.uow.run(async (tx) => {
      const { room, me, members } = await this.keeper.enter(tx, roomId, caller, [userId]);
      const other = members.find((member) => member.userId === userId);
      if (!other) throw memberNotFound();
      if (room.type === 'direct') throw fixedMembers();
      const own = userId === caller.userId;
      if (!own && !mayRemove(me.role, other.role)) throw notAllowed();
      await this.keeper.takeOut(tx, room, other, caller.userId, own ? 'left' : 'removed');
    });
  }
}
