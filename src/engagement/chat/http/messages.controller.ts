import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { DeleteMessageCommand, EditMessageCommand, PinMessageCommand, ReactCommand } from '../commands/change-message';
import { PostMessageCommand } from '../commands/post-message';
import { FindMessageQuery, ListMessagesQuery, MessageHistoryQuery } from '../queries/messages';
import {
  ChatMessageView,
  EditMessageBody,
  ListMessagesParams,
  MessageHistoryView,
  PostedMessageView,
  PostMessageBody,
  ReactBody,
  RoomEventView,
} from './messages.dto';

/** What is said in a room. Every write answers the event of the log that it became. */
@ApiTags('chat')
@Controller('chat/rooms/:id/messages')
export class ChatMessagesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('chat:read-own')
  @Problems('chat.room-not-found')
  @ApiOperation({
    operationId: 'listChatMessages',
    summary: 'List the messages of a room',
    description: 'The newest first.',
  })
  @ApiOkResponse({ type: pageOf(ChatMessageView) })
  list(@IdParam() id: string, @Query() query: ListMessagesParams): Promise<Page<ChatMessageView>> {
    return this.queries.execute(new ListMessagesQuery(id, query));
  }

  @Post()
  @Allow('chat:write-own')
  @Problems('chat.room-not-found', 'chat.room-archived', {
    'chat.client-message-id-reused': 409,
    'chat.reply-unknown': 400,
    'chat.mention-unknown': 400,
    'chat.words-refused': 400,
    'chat.muted': 403,
    'files.file-not-found': 404,
    'files.not-clean': 409,
  })
  @ApiOperation({
    operationId: 'postChatMessage',
    summary: 'Say something',
    description:
      'However often it is sent under one `clientMessageId`, there is one message, and the answer is its event. Another content under it is 409.',
  })
  @ApiCreatedResponse({ type: PostedMessageView })
  async post(@IdParam() id: string, @Body() body: PostMessageBody): Promise<PostedMessageView> {
    const { replyTo = null, mentions = [], fileIds = [], ...said } = body;
    const event = await this.commands.execute(
      new PostMessageCommand({ ...said, roomId: id, replyTo, mentions, fileIds }),
    );
    return { id: event.messageId!, ...event };
  }

  @Get(':messageId')
  @Allow('chat:read-own')
  @Problems('chat.room-not-found', 'chat.message-not-found')
  @ApiOperation({ operationId: 'getChatMessage', summary: 'Read a message' })
  @ApiOkResponse({ type: ChatMessageView })
  get(@IdParam() id: string, @IdParam('messageId') messageId: string): Promise<ChatMessageView> {
    return this.queries.execute(new FindMessageQuery(id, messageId));
  }

  @Patch(':messageId')
  @Allow('chat:write-own')
  @Problems('chat.room-not-found', 'chat.message-not-found', 'chat.message-deleted', 'chat.room-archived', {
    'chat.not-yours': 403,
    'chat.too-many-edits': 409,
    'chat.mention-unknown': 400,
    'chat.words-refused': 400,
    'chat.muted': 403,
    'chat.message-hidden': 409,
  })
  @ApiOperation({ operationId: 'editChatMessage', summary: 'Change what one said' })
  @ApiOkResponse({ type: RoomEventView })
  edit(
    @IdParam() id: string,
    @IdParam('messageId') messageId: string,
    @Body() { body, mentions = [] }: EditMessageBody,
  ): Promise<RoomEventView> {
    return this.commands.execute(new EditMessageCommand(id, messageId, { body, mentions }));
  }

  @Delete(':messageId')
  @Allow('chat:write-own')
  @HttpCode(200)
  @Problems('chat.room-not-found', 'chat.message-not-found', 'chat.room-archived', { 'chat.not-yours': 403 })
  @ApiOperation({
    operationId: 'deleteChatMessage',
    summary: 'Delete a message',
    description: 'One’s own, or as one who looks after the room. Text, former texts and reactions go; its place stays.',
  })
  @ApiOkResponse({ type: RoomEventView })
  remove(@IdParam() id: string, @IdParam('messageId') messageId: string): Promise<RoomEventView> {
    return this.commands.execute(new DeleteMessageCommand(id, messageId));
  }

  @Get(':messageId/history')
  @Allow('chat:read-own')
  @Problems('chat.room-not-found', 'chat.message-not-found')
  @ApiOperation({ operationId: 'getChatMessageHistory', summary: 'Read what a message said before' })
  @ApiOkResponse({ type: MessageHistoryView })
  async history(@IdParam() id: string, @IdParam('messageId') messageId: string): Promise<MessageHistoryView> {
    return { texts: await this.queries.execute(new MessageHistoryQuery(id, messageId)) };
  }

  @Post(':messageId/reactions')
  @Allow('chat:write-own')
  @HttpCode(200)
  @Problems('chat.room-not-found', 'chat.message-not-found', 'chat.message-deleted', 'chat.room-archived', {
    'chat.emoji-unknown': 400,
    'chat.too-many-emojis': 409,
    'chat.muted': 403,
    'chat.message-hidden': 409,
  })
  @ApiOperation({ operationId: 'addChatReaction', summary: 'Give a message an emoji' })
  @ApiOkResponse({ type: RoomEventView })
  react(
    @IdParam() id: string,
    @IdParam('messageId') messageId: string,
    @Body() { emoji }: ReactBody,
  ): Promise<RoomEventView> {
    return this.commands.execute(new ReactCommand(id, messageId, emoji, true));
  }

  @Post(':messageId/reactions/remove')
  @Allow('chat:write-own')
  @HttpCode(200)
  @Problems('chat.room-not-found', 'chat.message-not-found', 'chat.message-deleted', 'chat.room-archived', {
    'chat.emoji-unknown': 400,
    'chat.muted': 403,
    'chat.message-hidden': 409,
  })
  @ApiOperation({ operationId: 'removeChatReaction', summary: 'Take one’s emoji back' })
  @ApiOkResponse({ type: RoomEventView })
  takeBack(
    @IdParam() id: string,
    @IdParam('messageId') messageId: string,
    @Body() { emoji }: ReactBody,
  ): Promise<RoomEventView> {
    return this.commands.execute(new ReactCommand(id, messageId, emoji, false));
  }

  @Put(':messageId/pin')
  @Allow('chat:write-own')
  @Problems('chat.room-not-found', 'chat.message-not-found', 'chat.message-deleted', 'chat.room-archived', {
    'chat.moderators-only': 403,
    'chat.too-many-pins': 409,
    'chat.muted': 403,
    'chat.message-hidden': 409,
  })
  @ApiOperation({ operationId: 'pinChatMessage', summary: 'Pin a message' })
  @ApiOkResponse({ type: RoomEventView })
  pin(@IdParam() id: string, @IdParam('messageId') messageId: string): Promise<RoomEventView> {
    return this.commands.execute(new PinMessageCommand(id, messageId, true));
  }

  @Delete(':messageId/pin')
  @Allow('chat:write-own')
  @HttpCode(200)
  @Problems('chat.room-not-found', 'chat.message-not-found', 'chat.message-deleted', 'chat.room-archived', {
    'chat.moderators-only': 403,
    'chat.muted': 403,
    'chat.message-hidden': 409,
  })
  @ApiOperation({ operationId: 'unpinChatMessage', summary: 'Take a message off the pins' })
  @ApiOkResponse({ type: RoomEventView })
  unpin(@IdParam() id: string, @IdParam('messageId') messageId: string): Promise<RoomEventView> {
    return this.commands.execute(new PinMessageCommand(id, messageId, false));
  }
}
