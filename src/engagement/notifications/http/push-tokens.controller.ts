import { Body, Controller, Delete, Get, HttpCode, Put } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { PutPushTokenCommand, RemovePushTokenCommand } from '../commands/push-tokens';
import { OwnPushTokenQuery, OwnPushTokensQuery } from '../queries/push-tokens';
import { PushTokensView, PushTokenView, PutPushTokenBody } from './push-tokens.dto';

/** The signed-in person's own devices. */
@ApiTags('push-tokens')
@Controller('push-tokens')
export class PushTokensController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('push-tokens:read-own')
  @ApiOperation({
    operationId: 'listPushTokens',
    summary: 'One’s own devices that push messages reach',
    description: 'The token itself is not told again. `setup` says what an app needs to get one.',
  })
  @ApiOkResponse({ type: PushTokensView })
  list(): Promise<PushTokensView> {
    return this.queries.execute(new OwnPushTokensQuery());
  }

  @Put()
  @Allow('push-tokens:write-own')
  @Problems({ 'notifications.push-token-malformed': 400, 'notifications.push-service-unknown': 400 })
  @ApiOperation({
    operationId: 'putPushToken',
    summary: 'Let push messages reach a device',
    description:
      'Apps send it at every start and whenever their token changes. The same token again is the same device; one that somebody else had registered is theirs no more. It ends with the session that registered it.',
  })
  @ApiOkResponse({ type: PushTokenView })
  async put(@Body() body: PutPushTokenBody): Promise<PushTokenView> {
    const { id } = await this.commands.execute(new PutPushTokenCommand(body));
    return this.queries.execute(new OwnPushTokenQuery(id));
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('push-tokens:write-own')
  @Problems('notifications.push-token-not-found')
  @ApiOperation({ operationId: 'deletePushToken', summary: 'Let push messages reach a device no more' })
  async remove(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RemovePushTokenCommand(id));
  }
}
