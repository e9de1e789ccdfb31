import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RoomChannel } from '../adapters/room-channel';
import { ReadPointers, type ReadPlace, type ThreadPlace, type WantedPlace } from '../data/read-pointers';
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

/** As `SetReadCommand` for many rooms in one commit; each once, and those that one is not in are left out. */
export class SetReadsCommand extends Command<ReadPlace[]> {
  constructor(readonly places: readonly WantedPlace[]) {
    super();
  }
}

/**
 * Says how far the caller has read a thread, by its first message; forward only. Of the room nothing is read thereby.
 * @throws AppError not-found `chat.room-not-found`, `chat.message-not-found` also for an answer within a thread
 */
export class SetThreadReadCommand extends Command<ThreadPlace> {
  constructor(
    readonly roomId: string,
    readonly threadId: string,
    readonly seq: number,
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
        this.channel.receipt(tenantId, place.roomId, userId, place.readSeq);
      return place;
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

@CommandHandler(SetReadsCommand)
export class SetReadsHandler implements ICommandHandler<SetReadsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly pointers: ReadPointers,
    private readonly channel: RoomChannel,
  ) {}

  async execute({ places: given }: SetReadsCommand): Promise<ReadPlace[]> {
    const { tenantId, userId } = callerOf(currentContext());
    // However clients spell an id, it is one room.
    const wanted = new Map(
      given.map((place) => [place.roomId.toLowerCase(), { ...place, roomId: place.roomId.toLowerCase() }]),
    );
    const written = await this.uow.once((tx) => this.pointers.setMany(tx, userId, [...wanted.values()]));
    const places = written.map(({ shown: _shown, members: _members, ...place }) => place);
    if (places.length > 0) this.channel.tellUser(tenantId, userId, 'rooms.read', { rooms: places });
    for (const { roomId, readSeq, shown, members } of written)
      if (shown && wanted.get(roomId)!.kind === 'public' && members <= RECEIPTS_BY_NAME)
        this.channel.receipt(tenantId, roomId, userId, readSeq);
    return places;
  }
}

@CommandHandler(SetThreadReadCommand)
export class SetThreadReadHandler implements ICommandHandler<SetThreadReadCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly pointers: ReadPointers,
    private readonly channel: RoomChannel,
  ) {}

  async execute({ roomId, threadId, seq }: SetThreadReadCommand): Promise<ThreadPlace> {
    const { tenantId, userId } = callerOf(currentContext());
    try {
      const place = await this.uow.once((tx) => this.pointers.setThread(tx, { roomId, threadId, userId }, seq));
      this.channel.tellUser(tenantId, userId, 'thread.read', place);
      return place;
    } catch (error) {
      throw refusalOf(error);
    }
  }
}
