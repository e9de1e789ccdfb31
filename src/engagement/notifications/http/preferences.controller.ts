import { Body, Controller, Get, Headers, Put, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, Authenticated } from '../../../kernel/auth/decorators';
import { Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { SaveNotificationPolicyCommand, SavePreferencesCommand } from '../commands/save-preferences';
import { NotificationPolicyQuery, PreferencesQuery } from '../queries/preferences';
import { callerId } from './caller';
import {
  NotificationPolicyBody,
  NotificationPolicyView,
  policyOf,
  preferencesOf,
  PreferencesView,
  preferencesView,
  SavePreferencesBody,
} from './preferences.dto';

const PROBLEMS: Record<string, number> = {
  'notifications.preferences-invalid': 400,
  'notifications.preferences-changed': 412,
  'http.etag-unknown': 412,
};

/** Who is told what, by which way, and when not. */
@ApiTags('preferences')
@Controller('preferences')
export class PreferencesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Authenticated()
  @ApiOperation({
    operationId: 'getPreferences',
    summary: 'Read how you want to be told',
    description: 'What you said, and what comes of it together with what the organization says.',
  })
  @ApiOkResponse({ type: PreferencesView })
  async get(@Res({ passthrough: true }) reply: FastifyReply): Promise<PreferencesView> {
    const facts = await this.queries.execute(new PreferencesQuery(callerId()));
    void reply.header('etag', etagOf(facts.version));
    return preferencesView(facts);
  }

  @Put()
  @Authenticated()
  @Problems(PROBLEMS)
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  @ApiOperation({
    operationId: 'savePreferences',
    summary: 'Say how you want to be told',
    description:
      'As a whole. The organization’s channels < its categories < your channels < your categories < quiet hours; what is critical, such as news about the safety of your account, beats all of them.',
  })
  @ApiOkResponse({ type: PreferencesView })
  async save(
    @Body() body: SavePreferencesBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<PreferencesView> {
    const command = new SavePreferencesCommand(callerId(), preferencesOf(body), versionOfIfMatch(ifMatch));
    const facts = await this.commands.execute(command);
    void reply.header('etag', etagOf(facts.version));
    return preferencesView(facts);
  }

  @Get('organization')
  @Allow('notifications:read')
  @ApiOperation({ operationId: 'getNotificationPolicy', summary: 'Read what the organization sets up for everybody' })
  @ApiOkResponse({ type: NotificationPolicyView })
  async policy(@Res({ passthrough: true }) reply: FastifyReply): Promise<NotificationPolicyView> {
    const { version, ...policy } = await this.queries.execute(new NotificationPolicyQuery());
    void reply.header('etag', etagOf(version));
    return policy;
  }

  @Put('organization')
  @Allow('notifications:write')
  @Problems(PROBLEMS)
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  @ApiOperation({
    operationId: 'saveNotificationPolicy',
    summary: 'Set up for everybody how they are told',
    description: 'As a whole: channels, caps and digests by category, quiet hours, and when digests leave.',
  })
  @ApiOkResponse({ type: NotificationPolicyView })
  async savePolicy(
    @Body() body: NotificationPolicyBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<NotificationPolicyView> {
    const command = new SaveNotificationPolicyCommand(policyOf(body), versionOfIfMatch(ifMatch));
    const { version, ...policy } = await this.commands.execute(command);
    void reply.header('etag', etagOf(version));
    return policy;
  }
}
