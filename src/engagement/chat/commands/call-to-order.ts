import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RoomRepository } from '../data/room.repository';
import { callerOf } from '../domain/caller';
import { banNotFound, fixedMembers, memberNotFound } from '../domain/chat.errors';
import type { Ban } from '../domain/moderation';
import { looksAfterAll } from '../queries/moderators';
import { RoomKeeper } from './room-keeper';

/**
 * Lets a member read and say nothing for so many minutes from now; null lets it speak again. @returns when that ends
 * @throws AppError not-found `chat.room-not-found`, `chat.member-not-found`, forbidden `chat.moderators-only`
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
 * Takes somebody out of a room, who may not come back for so many minutes from now; also who is not in it.
 * @throws AppError not-found `chat.room-not-found`, forbidden `chat.moderators-only`, conflict `chat.direct-is-fixed`
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

/** Lets somebody come back, once it is added. @throws AppError not-found `chat.room-not-found`, `chat.ban-not-found`, forbidden `chat.moderators-only` */
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
    return this.uow.run(async (tx) => {
      const { member } = await this.keeper.moderate(tx, roomId, caller, looksAfterAll(), userId);
      if (!member) throw memberNotFound();
      const { until, changed } = await this.rooms.mute(tx, roomId, userId, minutes);
      const at = until?.toISOString() ?? null;
      if (changed)
        await this.keeper.tell(tx, roomId, at === null ? 'member.unmuted' : 'member.muted', caller.userId, {
          userId,
          ...(at === null ? {} : { until: at }),
        });
      return { until: at };
    });
  }
}

@CommandHandler(BanFromRoomCommand)
export class BanFromRoomHandler implements ICommandHandler<BanFromRoomCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly keeper: RoomKeeper,
    private readonly rooms: RoomRepository,
  ) {}

  execute({ roomId, userId, ban }: BanFromRoomCommand): Promise<Ban> {
    const caller = callerOf(currentContext());
    return this.uow.run(async (tx) => {
      const { room, member } = await this.keeper.moderate(tx, roomId, caller, looksAfterAll(), userId);
      if (room.type === 'direct') throw fixedMembers();
      const given = { ...ban, userId, bannedBy: caller.userId };
      const { until, createdAt } = await this.rooms.ban(tx, roomId, given);
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
    await this.uow.run(async (tx) => {
      await this.keeper.moderate(tx, roomId, caller, looksAfterAll(), userId);
      if (!(await this.rooms.unban(tx, roomId, userId))) throw banNotFound();
    });
  }
}
