import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { AddWordRuleCommand, ChangeWordRuleCommand, RemoveWordRuleCommand } from '../commands/word-rules';
import { ListWordRulesQuery } from '../queries/moderation';
import { AddWordRuleBody, ChangeWordRuleBody, ListWordRulesParams, WordRuleView } from './moderation.dto';

/** Words that the organization refuses, covers or has looked at. */
@ApiTags('chat')
@Controller('chat/word-rules')
export class ChatWordRulesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('chat:moderate')
  @ApiOperation({ operationId: 'listChatWordRules', summary: 'List the rules of words' })
  @ApiOkResponse({ type: pageOf(WordRuleView) })
  list(@Query() query: ListWordRulesParams): Promise<Page<WordRuleView>> {
    return this.queries.execute(new ListWordRulesQuery(query));
  }

  @Post()
  @Allow('chat:moderate')
  @Idempotent()
  @Problems('chat.word-rule-exists', 'chat.too-many-word-rules', {
    'chat.word-rule-empty': 400,
    'chat.word-rule-too-long': 400,
  })
  @ApiOperation({
    operationId: 'addChatWordRule',
    summary: 'Add a rule of words',
    description: 'It holds for what is said and changed from now on, on all servers within five seconds.',
  })
  @ApiCreatedResponse({ type: WordRuleView })
  add(@Body() { words, withinWords = false, action }: AddWordRuleBody): Promise<WordRuleView> {
    return this.commands.execute(new AddWordRuleCommand({ words, withinWords, action }));
  }

  @Patch(':id')
  @Allow('chat:moderate')
  @Idempotent()
  @Problems('chat.word-rule-not-found')
  @ApiOperation({ operationId: 'changeChatWordRule', summary: 'Change what a rule of words does' })
  @ApiOkResponse({ type: WordRuleView })
  change(@IdParam() id: string, @Body() { action }: ChangeWordRuleBody): Promise<WordRuleView> {
    return this.commands.execute(new ChangeWordRuleCommand(id, action));
  }

  @Delete(':id')
  @Allow('chat:moderate')
  @HttpCode(204)
  @Problems('chat.word-rule-not-found')
  @ApiOperation({ operationId: 'removeChatWordRule', summary: 'Remove a rule of words' })
  @ApiNoContentResponse()
  remove(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new RemoveWordRuleCommand(id));
  }
}
