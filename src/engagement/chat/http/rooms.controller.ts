import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import {
  AddRoomMembersCommand,
  ChangeRoomCommand,
  ChangeRoomMemberCommand,
  RemoveRoomMemberCommand,
} from '../commands/change-room';
import { OpenRoomCommand } from '../commands/open-room';
import { SetReadCommand, SetThreadReadCommand } from '../commands/set-read';
import { SilenceRoomCommand } from '../commands/silence-room';
import { RoomEventsQuery } from '../queries/events';
import { ListRoomMembersQuery, SeenByQuery } from '../queries/members';
import { RoomFileQuery } from '../queries/room-files';
import { FindRoomQuery, ListRoomsQuery, ThreadQuery } from '../queries/rooms';
import {
  AddRoomMembersBody,
  ChangeRoomBody,
  ChangeRoomMemberBody,
  ChatFileLinkView,
  ChatFileParams,
  ChatRoomMemberView,
  ChatRoomView,
  ListRoomMembersParams,
  ListRoomsParams,
  OpenRoomBody,
  ReadPlaceView,
  RoomChangesView,
  RoomEventsParams,
  SeenByParams,
  SeenByView,
  SetReadBody,
  SetThreadReadBody,
  SilenceRoomBody,
  ThreadPlaceView,
} from './rooms.dto';

/** Rooms and the people in them. Whoever is no member is told that there is no such room. */
@ApiTags('chat')
@Controller('chat/rooms')
export class ChatRoomsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('chat:read-own')
  @ApiOperation({
    operationId: 'listChatRooms',
    summary: 'List one’s rooms',
    description: 'Those in which something happened last first, each with what is unread in it.',
  })
  @ApiOkResponse({ type: pageOf(ChatRoomView) })
  list(@Query() query: ListRoomsParams): Promise<Page<ChatRoomView>> {
    return this.queries.execute(new ListRoomsQuery(query));
  }

  @Post()
  @Allow('chat:write-own')
  @Idempotent()
  @Problems({ 'chat.member-unknown': 400, 'chat.direct-needs-two': 400 }, 'chat.name-required', 'chat.too-many-members')
  @ApiOperation({
    operationId: 'openChatRoom',
    summary: 'Open a room',
    description:
      'Two people have one direct room: whoever opens it again is answered with it. Customers reach the people who work in the organization, not each other.',
  })
  @ApiCreatedResponse({ type: ChatRoomView })
  open(@Body() body: OpenRoomBody): Promise<ChatRoomView> {
    const { type, memberIds, name = null, topic = null, private: hidden = false } = body;
    return this.commands.execute(new OpenRoomCommand({ type, memberIds, name, topic, private: hidden }));
  }

  @Get(':id')
  @Allow('chat:read-own')
  @Problems('chat.room-not-found')
  @ApiOperation({ operationId: 'getChatRoom', summary: 'Read a room' })
  @ApiOkResponse({ type: ChatRoomView })
  get(@IdParam() id: string): Promise<ChatRoomView> {
    return this.queries.execute(new FindRoomQuery(id));
  }

  @Patch(':id')
  @Allow('chat:write-own')
  @Idempotent()
  @Problems('chat.room-not-found', 'chat.direct-is-fixed', 'chat.room-archived', { 'chat.moderators-only': 403 })
  @ApiOperation({ operationId: 'changeChatRoom', summary: 'Rename, hide from search, archive or restore a room' })
  @ApiOkResponse({ type: ChatRoomView })
  change(@IdParam() id: string, @Body() body: ChangeRoomBody): Promise<ChatRoomView> {
    return this.commands.execute(new ChangeRoomCommand(id, body));
  }

  @Get(':id/members')
  @Allow('chat:read-own')
  @Problems('chat.room-not-found')
  @ApiOperation({ operationId: 'listChatRoomMembers', summary: 'List who is in a room' })
  @ApiOkResponse({ type: pageOf(ChatRoomMemberView) })
  members(@IdParam() id: string, @Query() query: ListRoomMembersParams): Promise<Page<ChatRoomMemberView>> {
    return this.queries.execute(new ListRoomMembersQuery(id, query));
  }

  @Post(':id/members')
  @Allow('chat:write-own')
  @HttpCode(200)
  @Idempotent()
  @Problems(
    'chat.room-not-found',
    'chat.direct-is-fixed',
    'chat.room-archived',
    'chat.too-many-members',
    'chat.member-banned',
    {
      'chat.moderators-only': 403,
      'chat.member-unknown': 400,
    },
  )
  @ApiOperation({ operationId: 'addChatRoomMembers', summary: 'Add people to a room' })
  @ApiOkResponse({ type: ChatRoomView })
  add(@IdParam() id: string, @Body() { memberIds }: AddRoomMembersBody): Promise<ChatRoomView> {
    return this.commands.execute(new AddRoomMembersCommand(id, memberIds));
  }

  @Put(':id/members/:memberId')
  @Allow('chat:write-own')
  @HttpCode(204)
  @Problems('chat.room-not-found', 'chat.member-not-found', 'chat.direct-is-fixed', { 'chat.owners-only': 403 })
  @ApiOperation({
    operationId: 'changeChatRoomMember',
    summary: 'Say what somebody is in a room',
    description:
      'By the id of the user. Where the last owner steps down, a moderator or else whoever came first becomes one.',
  })
  @ApiNoContentResponse()
  changeMember(
    @IdParam() id: string,
    @IdParam('memberId') userId: string,
    @Body() { role }: ChangeRoomMemberBody,
  ): Promise<void> {
    return this.commands.execute(new ChangeRoomMemberCommand(id, userId, role));
  }

  @Delete(':id/members/:memberId')
  @Allow('chat:write-own')
  @HttpCode(204)
  @Problems('chat.room-not-found', 'chat.member-not-found', 'chat.direct-is-fixed', { 'chat.moderators-only': 403 })
  @ApiOperation({
    operationId: 'removeChatRoomMember',
    summary: 'Take somebody out of a room, or leave it',
    description: 'By the id of the user, one’s own to leave.',
  })
  @ApiNoContentResponse()
  remove(@IdParam() id: string, @IdParam('memberId') userId: string): Promise<void> {
    return this.commands.execute(new RemoveRoomMemberCommand(id, userId));
  }

  @Get(':id/events')
  @Allow('chat:read-own')
  @Problems('chat.room-not-found')
  @ApiOperation({
    operationId: 'listChatRoomEvents',
    summary: 'Read what happened in a room since',
    description:
      'Numbers follow each other without a gap. More than 200 events behind, the answer is `limited`: it holds the latest, and the room is to be loaded anew.',
  })
  @ApiOkResponse({ type: RoomChangesView })
  events(@IdParam() id: string, @Query() { after, paged = false }: RoomEventsParams): Promise<RoomChangesView> {
    return this.queries.execute(new RoomEventsQuery(id, after, paged));
  }

  @Put(':id/read')
  @Allow('chat:write-own')
  @Problems('chat.room-not-found')
  @ApiOperation({
    operationId: 'setChatRoomRead',
    summary: 'Say how far one has read',
    description: 'Forward alone, but for `unread`, which counts what follows anew.',
  })
  @ApiOkResponse({ type: ReadPlaceView })
  read(@IdParam() id: string, @Body() { seq, kind = 'public' }: SetReadBody): Promise<ReadPlaceView> {
    return this.commands.execute(new SetReadCommand(id, seq, kind));
  }

  @Get(':id/threads/:messageId')
  @Allow('chat:read-own')
  @Problems('chat.room-not-found', 'chat.message-not-found')
  @ApiOperation({
    operationId: 'getChatThread',
    summary: 'Read how far one has read a thread',
    description: 'By its first message; the answers are the messages of the room with its `threadId`.',
  })
  @ApiOkResponse({ type: ThreadPlaceView })
  thread(@IdParam() id: string, @IdParam('messageId') messageId: string): Promise<ThreadPlaceView> {
    return this.queries.execute(new ThreadQuery(id, messageId));
  }

  @Put(':id/threads/:messageId/read')
  @Allow('chat:write-own')
  @Problems('chat.room-not-found', 'chat.message-not-found')
  @ApiOperation({
    operationId: 'setChatThreadRead',
    summary: 'Say how far one has read a thread',
    description:
      'Forward alone. Of the room nothing is read thereby; who has read the room that far has read its threads.',
  })
  @ApiOkResponse({ type: ThreadPlaceView })
  readThread(
    @IdParam() id: string,
    @IdParam('messageId') messageId: string,
    @Body() { seq }: SetThreadReadBody,
  ): Promise<ThreadPlaceView> {
    return this.commands.execute(new SetThreadReadCommand(id, messageId, seq));
  }

  @Put(':id/silent')
  @Allow('chat:write-own')
  @HttpCode(204)
  @Problems('chat.room-not-found')
  @ApiOperation({
    operationId: 'silenceChatRoom',
    summary: 'Silence a room for oneself',
    description: 'One hears of it only where one is mentioned.',
  })
  @ApiNoContentResponse()
  silence(@IdParam() id: string, @Body() { silent }: SilenceRoomBody): Promise<void> {
    return this.commands.execute(new SilenceRoomCommand(id, silent));
  }

  @Get(':id/files/:fileId')
  @Allow('chat:read-own')
  @Problems('chat.file-not-found', { 'files.rendition-not-found': 404, 'files.not-clean': 409 })
  @ApiOperation({
    operationId: 'getChatRoomFile',
    summary: 'Get a link to a file of a message',
    description: 'Short and signed: it works without a login until it expires.',
  })
  @ApiOkResponse({ type: ChatFileLinkView })
  file(
    @IdParam() id: string,
    @IdParam('fileId') fileId: string,
    @Query() { rendition }: ChatFileParams,
  ): Promise<ChatFileLinkView> {
    return this.queries.execute(new RoomFileQuery(id, fileId, rendition));
  }

  @Get(':id/seen-by')
  @Allow('chat:read-own')
  @Problems('chat.room-not-found')
  @ApiOperation({ operationId: 'getChatSeenBy', summary: 'Read who has read up to a message' })
  @ApiOkResponse({ type: SeenByView })
  seenBy(@IdParam() id: string, @Query() { seq }: SeenByParams): Promise<SeenByView> {
    return this.queries.execute(new SeenByQuery(id, seq));
  }
}
