import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RoomRepository } from '../data/room.repository';
import { callerOf } from '../domain/caller';
import { banNotFound, fixedMembers, memberNotFound, tooManyBans } from '../domain/chat.errors';
import { MOST_BANS, type Ban } from '../domain/moderation';
import { looksAfterAll } from '../queries/moderators';
import { People } from '../queries/people';
import { RoomKeeper } from './room-keeper';

/**
 * Lets a member read and say nothing for so many minutes from now, also where it leaves and comes back; null lets it speak
 * again. @returns when that ends
 * @throws AppError not-found `chat.room-not-found`, `chat.member-not-found`, forbidden `chat.moderators-only`,
 * `chat.about-oneself`, `chat.decided-over-all`
 */
export class MuteRoomMemberCommand extends Command<{ until: string | null }> {
  constructor(
    readonly roomId: string,
    readonly userId: string,
    readonly minutes: number | null,
  ) {
    super();
  }
}

/**
 * Takes somebody out of a room, who may not come back for so many minutes from now; also who is not in it, and
 * could be added.
 * @throws AppError not-found `chat.room-not-found`, `chat.member-not-found`, forbidden `chat.moderators-only`, `chat.about-oneself`,
 * `chat.decided-over-all`, conflict `chat.direct-is-fixed`, `chat.too-many-bans`
 */
export class BanFromRoomCommand extends Command<Ban> {
  constructor(
    readonly roomId: string,
    readonly userId: string,
    readonly ban: { minutes: number; reason: string | null },
  ) {
    super();
  }
}

/**
 * Lets somebody come back, once it is added.
 * @throws AppError not-found `chat.room-not-found`, `chat.ban-not-found`, forbidden `chat.moderators-only`, `chat.decided-over-all`
 */
export class LiftBanCommand extends Command<void> {
  constructor(
    readonly roomId: string,
    readonly userId: string,
  ) {
    super();
  }
}

@CommandHandler(MuteRoomMemberCommand)
export class MuteRoomMemberHandler implements ICommandHandler<MuteRoomMemberCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly keeper: RoomKeeper,
    private readonly rooms: RoomRepository,
  ) {}

  execute({ roomId, userId, minutes }: MuteRoomMemberCommand): Promise<{ until: string | null }> {
    const caller = callerOf(currentContext());
    const overAll = looksAfterAll();
    return this.uow.run(async (tx) => {
      const { member } = await this.keeper.moderate(tx, roomId, caller, overAll, userId);
      if (!member) throw memberNotFound();
      const held = await this.keeper.held(tx, 'mutes', { roomId, userId, overAll });
      if (minutes === null) {
        this.rooms.unmute(tx, roomId, userId);
        if (held) await this.keeper.tell(tx, roomId, 'member.unmuted', caller.userId, { userId });
        return { until: null };
      }
      const given = { minutes, mutedBy: caller.userId, overAll };
      const until = (await this.rooms.mute(tx, roomId, userId, given)).toISOString();
      await this.keeper.tell(tx, roomId, 'member.muted', caller.userId, { userId, until });
      return { until };
    });
  }
}

@CommandHandler(BanFromRoomCommand)
export class BanFromRoomHandler implements ICommandHandler<BanFromRoomCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly keeper: RoomKeeper,
    private readonly rooms: RoomRepository,
    private readonly people: People,
  ) {}

  execute({ roomId, userId, ban }: BanFromRoomCommand): Promise<Ban> {
    const caller = callerOf(currentContext());
    const overAll = looksAfterAll();
    return this.uow.run(async (tx) => {
      const { room, member } = await this.keeper.moderate(tx, roomId, caller, overAll, userId);
      if (room.type === 'direct') throw fixedMembers();
      if (!member && (await this.people.unreached(caller.userId, [userId])).length > 0) throw memberNotFound();
      await this.keeper.held(tx, 'bans', { roomId, userId, overAll });
      const given = { ...ban, userId, bannedBy: caller.userId, overAll };
      const kept = await this.rooms.ban(tx, roomId, given, MOST_BANS);
      if (!kept) throw tooManyBans(MOST_BANS);
      const { until, createdAt } = kept;
      const held = { userId, until: until.toISOString(), reason: ban.reason, bannedBy: caller.userId };
      if (member) await this.keeper.takeOut(tx, room, member, caller.userId, 'banned', { until: held.until });
      return { ...held, createdAt: createdAt.toISOString() };
    });
  }
}

@CommandHandler(LiftBanCommand)
export class LiftBanHandler implements ICommandHandler<LiftBanCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly keeper: RoomKeeper,
    private readonly rooms: RoomRepository,
  ) {}

  async execute({ roomId, userId }: LiftBanCommand): Promise<void> {
    const caller = callerOf(currentContext());
    const overAll = looksAfterAll();
    await this.uow.run(async (tx) => {
      await this.keeper.moderate(tx, roomId, caller, overAll, userId);
      if (!(await this.keeper.held(tx, 'bans', { roomId, userId, overAll }))) throw banNotFound();
      this.rooms.unban(tx, roomId, userId);
    });
  }
}
