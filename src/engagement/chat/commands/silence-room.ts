import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RoomRepository } from '../data/room.repository';
import { callerOf } from '../domain/caller';
import { roomNotFound } from '../domain/chat.errors';

/** Silences a room for the caller, who then hears of it only where it is mentioned. @throws AppError not-found `chat.room-not-found` */
export class SilenceRoomCommand extends Command<void> {
  constructor(
    readonly roomId: string,
    readonly silent: boolean,
  ) {
    super();
  }
}

@CommandHandler(SilenceRoomCommand)
export class SilenceRoomHandler implements ICommandHandler<SilenceRoomCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly rooms: RoomRepository,
  ) {}

  async execute({ roomId, silent }: SilenceRoomCommand): Promise<void> {
    const { userId } = callerOf(currentContext());
    await this.uow.run(async (tx) => {
      if (!(await this.rooms.silence(tx, roomId, userId, silent))) throw roomNotFound();
    });
  }
}
