import { Controller, Delete, Get, HttpCode, Module, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Allow, OperatorOnly } from '../auth/decorators';
import { currentContext } from '../context/request-context';
import { IdParam, Problems } from '../http/decorators';
import { ConnectionList } from './connection-list';
import { ConnectionPage, ListConnectionsParams } from './connections.dto';
import { EndConnectionCommand, EndConnectionHandler } from './end-connection';

/** Who is connected by socket now, on whichever process, and ending that. */
@Controller('connections')
export class ConnectionsController {
  constructor(
    private readonly connections: ConnectionList,
    private readonly commands: CommandBus,
  ) {}

  @Get()
  @Allow('sessions:read')
  @ApiOperation({
    operationId: 'listConnections',
    summary: 'List live connections of the organization',
    description: 'Newest first. Also reached as /api/realtime/connections.',
  })
  @ApiOkResponse({ type: ConnectionPage })
  list(@Query() query: ListConnectionsParams): Promise<ConnectionPage> {
    return this.connections.ofTenant(currentContext().tenantId!, query);
  }

  @Get('all')
  @OperatorOnly()
  @ApiOperation({
    operationId: 'listAllConnections',
    summary: 'List live connections of all organizations',
    description: 'Newest first.',
  })
  @ApiOkResponse({ type: ConnectionPage })
  listAll(@Query() query: ListConnectionsParams): Promise<ConnectionPage> {
    return this.connections.everywhere(query);
  }

  @Delete('all/:id')
  @HttpCode(204)
  @OperatorOnly()
  @Problems('realtime.connection-not-found')
  @ApiOperation({ operationId: 'endAnyConnection', summary: 'End a live connection of any organization' })
  @ApiNoContentResponse()
  async endAny(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new EndConnectionCommand(id, null));
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('sessions:revoke')
  @Problems('realtime.connection-not-found')
  @ApiOperation({
    operationId: 'endConnection',
    summary: 'End a live connection of the organization',
    description: 'Its client may connect again; who must not is signed out.',
  })
  @ApiNoContentResponse()
  async end(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new EndConnectionCommand(id, currentContext().tenantId!));
  }
}

@Module({ controllers: [ConnectionsController], providers: [ConnectionList, EndConnectionHandler] })
export class ConnectionsModule {}
