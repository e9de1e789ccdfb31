import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RoomChannel } from '../adapters/room-channel';
import { ReadPointers, type ReadPlace } from '../data/read-pointers';
import { callerOf } from '../domain/caller';
import { refusalOf } from '../domain/chat.errors';
import { RECEIPTS_BY_NAME } from '../domain/room';

/**
 * Says how far the caller has read: `public` shows it to the room, `private` to nobody, `unread` moves both back, so that
 * what follows counts as unread again. The first two only ever move forward.
 * @throws AppError not-found `chat.room-not-found`
 */
export class SetReadCommand extends Command<ReadPlace> {
  constructor(
    readonly roomId: string,
    /** The last event that was read; what lies beyond the log's end is its end. */
    readonly seq: number,
    readonly kind: 'public' | 'private' | 'unread',
  ) {
    super();
  }
}

@CommandHandler(SetReadCommand)
export class SetReadHandler implements ICommandHandler<SetReadCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly pointers: ReadPointers,
    private readonly channel: RoomChannel,
  ) {}

  async execute({ roomId, seq, kind }: SetReadCommand): Promise<ReadPlace> {
    const { tenantId, userId } = callerOf(currentContext());
    try {
      const { shown, members, ...place } = await this.uow.once((tx) =>
        this.pointers.set(tx, roomId, userId, seq, kind),
      );
      // The person's other devices count anew; the room sees what is shown to it, and large ones see nothing by name.
      this.channel.tellUser(tenantId, userId, 'room.read', place);
      if (shown && kind === 'public' && members <= RECEIPTS_BY_NAME)
        this.channel.hint(tenantId, roomId, 'room.receipt', { roomId, userId, seq: place.readSeq });
      return place;
    } catch (error) {
      throw refusalOf(error);
    }
  }
}
