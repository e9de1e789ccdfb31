import { Body, Controller, Get, HttpCode, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { SyncQuery } from '../queries/events';
import { UnreadQuery } from '../queries/rooms';
import { SearchMessagesQuery } from '../queries/search';
import { ChatSettingsQuery } from '../queries/settings';
import { SaveChatSettingsCommand } from '../commands/save-settings';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { SetReadsCommand } from '../commands/set-read';
import { ChatMessageView } from './messages.dto';
import {
  placesOf,
  ReadPlacesView,
  RoomChangesView,
  SetReadsBody,
  SyncRoomsBody,
  SyncView,
  UnreadView,
} from './rooms.dto';
import { ChatSettingsBody, ChatSettingsView, SearchMessagesParams } from './settings.dto';

/** What concerns all rooms of the caller. */
@ApiTags('chat')
@ApiExtraModels(RoomChangesView)
@Controller('chat')
export class ChatController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('sync')
  @Allow('chat:read-own')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'syncChatRooms',
    summary: 'Catch up with one’s rooms',
    description:
      'What happened in each room after the number that the client saw last: messages, edits, deletions, reactions, members. All rooms as of one moment.',
  })
  @ApiOkResponse({ type: SyncView })
  sync(@Body() { cursors }: SyncRoomsBody): Promise<SyncView> {
    return this.queries.execute(new SyncQuery(cursors));
  }

  @Put('read')
  @Allow('chat:write-own')
  @ApiOperation({
    operationId: 'setChatReads',
    summary: 'Say how far one has read many rooms',
    description: 'In one commit, told to one’s own devices once. Rooms that one is not in are left out.',
  })
  @ApiOkResponse({ type: ReadPlacesView })
  async reads(@Body() { rooms }: SetReadsBody): Promise<ReadPlacesView> {
    return { rooms: await this.commands.execute(new SetReadsCommand(placesOf(rooms))) };
  }

  @Get('unread')
  @Allow('chat:read-own')
  @ApiOperation({ operationId: 'getChatUnread', summary: 'Read what waits in all rooms' })
  @ApiOkResponse({ type: UnreadView })
  unread(): Promise<UnreadView> {
    return this.queries.execute(new UnreadQuery());
  }

  @Get('search')
  @Allow('chat:read-own')
  @RateLimit('heavy')
  @Problems({ 'chat.nothing-to-search': 400, 'chat.search-is-off': 409 })
  @ApiOperation({
    operationId: 'searchChat',
    summary: 'Search one’s rooms',
    description:
      'Messages that have all of the words, the newest first, at most 500, of the 500 rooms in which something was said last. Private rooms are left out. Beginnings of words are found where the organization chose `plain` search, whole words where it is `blind`.',
  })
  @ApiOkResponse({ type: pageOf(ChatMessageView) })
  search(@Query() query: SearchMessagesParams): Promise<Page<ChatMessageView>> {
    return this.queries.execute(new SearchMessagesQuery(query.q, query.roomId ?? null, query));
  }

  @Get('settings')
  @Allow('chat:manage')
  @ApiOperation({ operationId: 'getChatSettings', summary: 'Read how chat works' })
  @ApiOkResponse({ type: ChatSettingsView })
  settings(): Promise<ChatSettingsView> {
    return this.queries.execute(new ChatSettingsQuery());
  }

  @Put('settings')
  @Allow('chat:manage')
  @ApiOperation({
    operationId: 'saveChatSettings',
    summary: 'Change how chat works',
    description: 'With another mode of search, what was said before is indexed anew within minutes.',
  })
  @ApiOkResponse({ type: ChatSettingsView })
  save(@Body() body: ChatSettingsBody): Promise<ChatSettingsView> {
    return this.commands.execute(new SaveChatSettingsCommand({ ...body }));
  }
}
