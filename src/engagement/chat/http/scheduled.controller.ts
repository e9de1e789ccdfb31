import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import {
  CancelScheduledMessageCommand,
  ChangeScheduledMessageCommand,
  ScheduleMessageCommand,
} from '../commands/schedule-message';
import { ListScheduledQuery } from '../queries/scheduled';
import {
  ChangeScheduledMessageBody,
  ListScheduledParams,
  ScheduledMessageView,
  ScheduleMessageBody,
} from './scheduled.dto';

const OF_DRAFT = {
  'chat.time-out-of-range': 400,
  'chat.mention-unknown': 400,
  'chat.reply-unknown': 400,
  'chat.words-refused': 400,
};

/** Messages that are sent later. */
@ApiTags('chat')
@Controller('chat')
export class ChatScheduledController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('rooms/:id/scheduled')
  @Allow('chat:write-own')
  @Problems('chat.room-not-found', 'chat.room-archived', 'chat.too-many-scheduled', {
    ...OF_DRAFT,
    'chat.client-message-id-reused': 409,
    'chat.already-sent': 409,
    'files.file-not-found': 404,
    'files.not-clean': 409,
  })
  @ApiOperation({
    operationId: 'scheduleChatMessage',
    summary: 'Say something later',
    description:
      'Sent once at its time, as if it were said then: its author must be a member then who may say it, and the rules of words of that time hold. Asked for again under one `clientMessageId` it is the same.',
  })
  @ApiCreatedResponse({ type: ScheduledMessageView })
  schedule(@IdParam() id: string, @Body() body: ScheduleMessageBody): Promise<ScheduledMessageView> {
    const { at, replyTo = null, mentions = [], fileIds = [], ...said } = body;
    const draft = { ...said, roomId: id, replyTo, mentions, fileIds };
    return this.commands.execute(new ScheduleMessageCommand(draft, new Date(at)));
  }

  @Get('scheduled')
  @Allow('chat:read-own')
  @ApiOperation({
    operationId: 'listChatScheduled',
    summary: 'List what one has scheduled',
    description: 'What waits or was refused at its time, the next first. What was sent is a message of its room.',
  })
  @ApiOkResponse({ type: pageOf(ScheduledMessageView) })
  list(@Query() query: ListScheduledParams): Promise<Page<ScheduledMessageView>> {
    return this.queries.execute(new ListScheduledQuery(query));
  }

  @Patch('scheduled/:id')
  @Allow('chat:write-own')
  @Idempotent()
  @Problems('chat.scheduled-not-found', 'chat.room-not-found', 'chat.room-archived', OF_DRAFT)
  @ApiOperation({
    operationId: 'changeChatScheduled',
    summary: 'Change what one has scheduled',
    description: 'Time, text or mentions; one that was refused waits again.',
  })
  @ApiOkResponse({ type: ScheduledMessageView })
  change(@IdParam() id: string, @Body() { at, ...change }: ChangeScheduledMessageBody): Promise<ScheduledMessageView> {
    return this.commands.execute(
      new ChangeScheduledMessageCommand(id, { ...change, ...(at === undefined ? {} : { at: new Date(at) }) }),
    );
  }

  @Delete('scheduled/:id')
  @Allow('chat:write-own')
  @HttpCode(204)
  @Problems('chat.scheduled-not-found')
  @ApiOperation({ operationId: 'cancelChatScheduled', summary: 'Cancel what one has scheduled' })
  @ApiNoContentResponse()
  cancel(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new CancelScheduledMessageCommand(id));
  }
}
