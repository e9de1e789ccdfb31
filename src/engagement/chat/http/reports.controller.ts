import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { DecideReportCommand } from '../commands/moderate';
import { ListReportsQuery } from '../queries/moderation';
import { ChatReportView, DecideReportBody, ListReportsParams } from './moderation.dto';

/** What waits for moderators. */
@ApiTags('chat')
@Controller('chat/reports')
export class ChatReportsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('chat:read-own', 'chat:moderate')
  @ApiOperation({
    operationId: 'listChatReports',
    summary: 'List what was reported or flagged',
    description:
      'The oldest first; of the rooms that one looks after, but for what one said oneself, and of all rooms with `chat:moderate`. `state=open` is the queue.',
  })
  @ApiOkResponse({ type: pageOf(ChatReportView) })
  list(@Query() query: ListReportsParams): Promise<Page<ChatReportView>> {
    return this.queries.execute(new ListReportsQuery(query));
  }

  @Post(':id/decision')
  @Allow('chat:write-own', 'chat:moderate')
  @HttpCode(200)
  @Problems('chat.report-not-found', 'chat.report-decided')
  @ApiOperation({
    operationId: 'decideChatReport',
    summary: 'Judge a report',
    description:
      'Decides all open reports of the message; `hide` hides it in the same commit. Decided alike again by the same person it is the same.',
  })
  @ApiOkResponse({ type: ChatReportView })
  decide(@IdParam() id: string, @Body() { decision }: DecideReportBody): Promise<ChatReportView> {
    return this.commands.execute(new DecideReportCommand(id, decision));
  }
}
