import { Body, Controller, Delete, Get, HttpCode, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import { BanFromRoomCommand, LiftBanCommand, MuteRoomMemberCommand } from '../commands/call-to-order';
import { HideMessageCommand, ReportMessageCommand } from '../commands/moderate';
import { ListBansQuery } from '../queries/moderation';
import { RoomEventView } from './messages.dto';
import {
  BanFromRoomBody,
  ChatBanView,
  ChatReportReceiptView,
  MutedView,
  MuteRoomMemberBody,
  ReportMessageBody,
} from './moderation.dto';

/** Why somebody who is known in the room may not call another to order. */
const ORDER = { 'chat.moderators-only': 403, 'chat.about-oneself': 403, 'chat.decided-over-all': 403 } as const;

/**
 * Order in a room: kept by its owners and moderators, and in every room by those who may `chat:moderate`, in it or not.
 */
@ApiTags('chat')
@Controller('chat/rooms/:id')
export class ChatModerationController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('messages/:messageId/reports')
  @Allow('chat:write-own')
  @Problems('chat.room-not-found', 'chat.message-not-found', 'chat.message-deleted', 'chat.own-message')
  @ApiOperation({
    operationId: 'reportChatMessage',
    summary: 'Report a message',
    description:
      'To those who look after its room, with what it says now. Reported again by the same person it is the same report.',
  })
  @ApiCreatedResponse({ type: ChatReportReceiptView })
  async report(
    @IdParam() id: string,
    @IdParam('messageId') messageId: string,
    @Body() { reason, note = null }: ReportMessageBody,
  ): Promise<ChatReportReceiptView> {
    const made = await this.commands.execute(new ReportMessageCommand(id, messageId, { reason, note }));
    return { id: made.id, state: made.state, createdAt: made.createdAt };
  }

  @Put('messages/:messageId/hidden')
  @Allow('chat:write-own', 'chat:moderate')
  @Problems('chat.room-not-found', 'chat.message-not-found', 'chat.message-deleted', {
    'chat.moderators-only': 403,
    'chat.about-oneself': 403,
  })
  @ApiOperation({
    operationId: 'hideChatMessage',
    summary: 'Hide a message from its room',
    description: 'Its place stays, as an event of the log tells everybody. It can be shown again.',
  })
  @ApiOkResponse({ type: RoomEventView })
  hide(@IdParam() id: string, @IdParam('messageId') messageId: string): Promise<RoomEventView> {
    return this.commands.execute(new HideMessageCommand(id, messageId, true));
  }

  @Delete('messages/:messageId/hidden')
  @Allow('chat:write-own', 'chat:moderate')
  @HttpCode(200)
  @Problems('chat.room-not-found', 'chat.message-not-found', 'chat.message-deleted', {
    'chat.moderators-only': 403,
    'chat.about-oneself': 403,
    'chat.decided-over-all': 403,
  })
  @ApiOperation({
    operationId: 'showChatMessage',
    summary: 'Show a hidden message again',
    description: 'Not by its author; what was hidden with `chat:moderate` is shown with that alone.',
  })
  @ApiOkResponse({ type: RoomEventView })
  show(@IdParam() id: string, @IdParam('messageId') messageId: string): Promise<RoomEventView> {
    return this.commands.execute(new HideMessageCommand(id, messageId, false));
  }

  @Put('members/:memberId/mute')
  @Allow('chat:write-own', 'chat:moderate')
  @Problems('chat.room-not-found', 'chat.member-not-found', ORDER)
  @ApiOperation({
    operationId: 'muteChatRoomMember',
    summary: 'Let somebody say nothing for a time',
    description:
      'By the id of the user, who reads on and may delete what it said; also where it leaves and comes back.',
  })
  @ApiOkResponse({ type: MutedView })
  async mute(
    @IdParam() id: string,
    @IdParam('memberId') userId: string,
    @Body() { minutes }: MuteRoomMemberBody,
  ): Promise<MutedView> {
    const { until } = await this.commands.execute(new MuteRoomMemberCommand(id, userId, minutes));
    return { until: until! };
  }

  @Delete('members/:memberId/mute')
  @Allow('chat:write-own', 'chat:moderate')
  @HttpCode(204)
  @Problems('chat.room-not-found', 'chat.member-not-found', ORDER)
  @ApiOperation({
    operationId: 'unmuteChatRoomMember',
    summary: 'Let somebody speak again',
    description: 'Not oneself; who was muted with `chat:moderate` speaks again by that alone.',
  })
  @ApiNoContentResponse()
  async unmute(@IdParam() id: string, @IdParam('memberId') userId: string): Promise<void> {
    await this.commands.execute(new MuteRoomMemberCommand(id, userId, null));
  }

  @Get('bans')
  @Allow('chat:read-own', 'chat:moderate')
  @Problems('chat.room-not-found', { 'chat.moderators-only': 403 })
  @ApiOperation({ operationId: 'listChatRoomBans', summary: 'List who may not come into a room' })
  @ApiOkResponse({ type: pageOf(ChatBanView) })
  bans(@IdParam() id: string, @Query() query: ListQuery): Promise<Page<ChatBanView>> {
    return this.queries.execute(new ListBansQuery(id, query));
  }

  @Put('bans/:memberId')
  @Allow('chat:write-own', 'chat:moderate')
  @Problems('chat.room-not-found', 'chat.member-not-found', 'chat.direct-is-fixed', 'chat.too-many-bans', ORDER)
  @ApiOperation({
    operationId: 'banFromChatRoom',
    summary: 'Keep somebody out of a room for a time',
    description: 'By the id of the user, who is taken out where it is in, and cannot be added until then.',
  })
  @ApiOkResponse({ type: ChatBanView })
  ban(
    @IdParam() id: string,
    @IdParam('memberId') userId: string,
    @Body() { minutes, reason = null }: BanFromRoomBody,
  ): Promise<ChatBanView> {
    return this.commands.execute(new BanFromRoomCommand(id, userId, { minutes, reason }));
  }

  @Delete('bans/:memberId')
  @Allow('chat:write-own', 'chat:moderate')
  @HttpCode(204)
  @Problems('chat.room-not-found', 'chat.ban-not-found', ORDER)
  @ApiOperation({ operationId: 'liftChatRoomBan', summary: 'Let somebody come back into a room' })
  @ApiNoContentResponse()
  lift(@IdParam() id: string, @IdParam('memberId') userId: string): Promise<void> {
    return this.commands.execute(new LiftBanCommand(id, userId));
  }
}
