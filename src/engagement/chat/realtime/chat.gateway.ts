import type { OnModuleInit } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { Presence } from '../../../kernel/realtime/presence';
import { RoomRules } from '../../../kernel/realtime/room-rules';
import { ClientEvent } from '../../../kernel/realtime/socket-events';
import { SocketGateway } from '../../../kernel/realtime/socket-gateway';
import type { IdentifiedSocket } from '../../../kernel/realtime/socket-identity';
import { Typing } from '../../../kernel/realtime/typing';
import { hasPermission } from '../../../kernel/auth/principal';
import { NAMESPACE, socketRoom } from '../adapters/socket-room';
import { DeleteMessageCommand, EditMessageCommand, PinMessageCommand, ReactCommand } from '../commands/change-message';
import { PostMessageCommand } from '../commands/post-message';
import { SetReadCommand, SetReadsCommand } from '../commands/set-read';
import { RoomEventView } from '../http/messages.dto';
import {
  placesOf,
  ReadPlacesView,
  ReadPlaceView,
  RoomChangesView,
  SetReadsBody,
  SyncRoomsBody,
  SyncView,
} from '../http/rooms.dto';
import { RoomEventsQuery, SyncQuery } from '../queries/events';
import { AcquaintancesQuery, RoomsOfUsersQuery } from '../queries/shared-rooms';
import {
  EditMessageEvent,
  MessageEvent,
  PeoplePresenceView,
  PinEvent,
  PresenceEvent,
  ReactionEvent,
  ReadEvent,
  RoomEventsEvent,
  SendMessageEvent,
  SentView,
  TypingEvent,
} from './chat-socket.dto';

const READ = { permission: 'chat:read-own' };
const WRITE = { permission: 'chat:write-own' };
const OF_ROOM = ['chat.room-not-found', 'chat.room-archived', 'chat.muted'];
const OF_MESSAGE = [...OF_ROOM, 'chat.message-not-found', 'chat.message-deleted', 'chat.message-hidden'];

/**
 * Chat over sockets. A socket follows the rooms of its holder from the start; acknowledgements come after the commit. Clients
 * send `rooms.sync` with the last number that they saw of each room, then apply what is pushed with a higher one.
 */
@SocketGateway(NAMESPACE)
export class ChatGateway implements OnModuleInit {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly rules: RoomRules,
    private readonly presence: Presence,
    private readonly typing: Typing,
  ) {}

  onModuleInit(): void {
    this.rules.own(NAMESPACE, async (principal) => {
      const { tenantId, userId } = principal;
      if (tenantId === null || userId === null || !hasPermission(principal, READ.permission)) return [];
      const rooms = await this.queries.execute(new RoomsOfUsersQuery(tenantId, [userId]));
      return (rooms.get(userId) ?? []).map((roomId) => socketRoom(tenantId, roomId));
    });
    this.presence.tellIn(NAMESPACE, async (tenantId, userIds) => {
      const rooms = await this.queries.execute(new RoomsOfUsersQuery(tenantId, userIds));
      return new Map([...rooms].map(([userId, ids]) => [userId, ids.map((id) => socketRoom(tenantId, id))]));
    });
  }

  /** Catches up with one's rooms after having been away: all that happened after the last number that was seen of each. */
  @ClientEvent('rooms.sync', { ...READ, ack: SyncView, passive: true, limit: { burst: 20, perSecond: 2 } })
  sync(@MessageBody() { cursors }: SyncRoomsBody): Promise<SyncView> {
    return this.queries.execute(new SyncQuery(cursors));
  }

  /** What follows a number in the log of one room, page by page: for whoever saw a hole. */
  @ClientEvent('room.events', { ...READ, ack: RoomChangesView, passive: true, problems: ['chat.room-not-found'] })
  events(@MessageBody() { roomId, after }: RoomEventsEvent): Promise<RoomChangesView> {
    return this.queries.execute(new RoomEventsQuery(roomId, after, true));
  }

  /** Says something. Sent again under the same `clientMessageId` it is the same message, and is answered alike. */
  @ClientEvent('message.send', {
    ...WRITE,
    ack: SentView,
    problems: [
      ...OF_ROOM,
      'chat.client-message-id-reused',
      'chat.reply-unknown',
      'chat.mention-unknown',
      'chat.words-refused',
      'files.file-not-found',
      'files.not-clean',
    ],
  })
  async send(
    @MessageBody() { replyTo = null, mentions = [], fileIds = [], ...said }: SendMessageEvent,
  ): Promise<SentView> {
    const event = await this.commands.execute(new PostMessageCommand({ ...said, replyTo, mentions, fileIds }));
    return { id: event.messageId!, seq: event.seq, at: event.at };
  }

  /** Changes what one said. */
  @ClientEvent('message.edit', {
    ...WRITE,
    ack: RoomEventView,
    problems: [...OF_MESSAGE, 'chat.not-yours', 'chat.words-refused'],
  })
  edit(@MessageBody() { roomId, messageId, body, mentions = [] }: EditMessageEvent): Promise<RoomEventView> {
    return this.commands.execute(new EditMessageCommand(roomId, messageId, { body, mentions }));
  }

  /** Deletes a message. */
  @ClientEvent('message.delete', { ...WRITE, ack: RoomEventView, problems: [...OF_MESSAGE, 'chat.not-yours'] })
  remove(@MessageBody() { roomId, messageId }: MessageEvent): Promise<RoomEventView> {
    return this.commands.execute(new DeleteMessageCommand(roomId, messageId));
  }

  /** Pins a message to its room, or takes it off. */
  @ClientEvent('message.pin', { ...WRITE, ack: RoomEventView, problems: [...OF_MESSAGE, 'chat.moderators-only'] })
  pin(@MessageBody() { roomId, messageId, pinned }: PinEvent): Promise<RoomEventView> {
    return this.commands.execute(new PinMessageCommand(roomId, messageId, pinned));
  }

  /** Gives a message an emoji. */
  @ClientEvent('reaction.add', { ...WRITE, ack: RoomEventView, problems: [...OF_MESSAGE, 'chat.emoji-unknown'] })
  react(@MessageBody() { roomId, messageId, emoji }: ReactionEvent): Promise<RoomEventView> {
    return this.commands.execute(new ReactCommand(roomId, messageId, emoji, true));
  }

  /** Takes one's emoji back. */
  @ClientEvent('reaction.remove', { ...WRITE, ack: RoomEventView, problems: [...OF_MESSAGE, 'chat.emoji-unknown'] })
  takeBack(@MessageBody() { roomId, messageId, emoji }: ReactionEvent): Promise<RoomEventView> {
    return this.commands.execute(new ReactCommand(roomId, messageId, emoji, false));
  }

  /** Says how far one has read. */
  @ClientEvent('read.set', { ...WRITE, ack: ReadPlaceView, problems: ['chat.room-not-found'] })
  read(@MessageBody() { roomId, seq, kind = 'public' }: ReadEvent): Promise<ReadPlaceView> {
    return this.commands.execute(new SetReadCommand(roomId, seq, kind));
  }

  /** Says how far one has read many rooms, in one go: for whoever opens them all. */
  @ClientEvent('reads.set', { ...WRITE, ack: ReadPlacesView, limit: { burst: 20, perSecond: 2 } })
  async reads(@MessageBody() { rooms }: SetReadsBody): Promise<ReadPlacesView> {
    return { rooms: await this.commands.execute(new SetReadsCommand(placesOf(rooms))) };
  }

  /** Says that one types, every three seconds while one does, or has stopped. Ignored for rooms that one is not in. */
  @ClientEvent('typing.set', { ...WRITE, limit: { burst: 20, perSecond: 2 } })
  type(@ConnectedSocket() socket: IdentifiedSocket, @MessageBody() { roomId, typing }: TypingEvent): void {
    const room = socketRoom(socket.data.principal.tenantId!, roomId);
    // The socket follows exactly the rooms of its holder.
    if (socket.rooms.has(room)) this.typing.set(socket, room, { roomId }, typing);
  }

  /** Whether people are there; those with whom one shares no room are left out. */
  @ClientEvent('presence.get', {
    ...READ,
    ack: PeoplePresenceView,
    passive: true,
    limit: { burst: 20, perSecond: 2 },
  })
  async presenceOf(
    @ConnectedSocket() socket: IdentifiedSocket,
    @MessageBody() { userIds }: PresenceEvent,
  ): Promise<PeoplePresenceView> {
    const known = await this.queries.execute(new AcquaintancesQuery(userIds));
    return { data: await this.presence.of(socket.data.principal.tenantId!, known) };
  }
}
