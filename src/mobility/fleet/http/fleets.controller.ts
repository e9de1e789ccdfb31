import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import { ChangeDocumentCommand, CreateDocumentCommand, DeleteDocumentCommand } from '../commands/manage-documents';
import { ChangeFleetCommand, CreateFleetCommand, DeleteFleetCommand } from '../commands/manage-fleets';
import { FindDocumentQuery, ListDocumentsQuery } from '../queries/documents';
import { FindFleetQuery, ListFleetsQuery } from '../queries/fleets';
import {
  ChangeFleetDocumentBody,
  CreateFleetDocumentBody,
  FleetDocumentView,
  ListFleetDocumentsParams,
} from './documents.dto';
import { ChangeFleetBody, CreateFleetBody, FleetView } from './fleets.dto';

/** Fleets, and the papers of their vehicles and drivers. */
@ApiTags('fleets')
@Controller('fleets')
export class FleetsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('fleet:write')
  @Idempotent()
  @Problems('fleet.fleet-name-taken')
  @ApiOperation({ operationId: 'createFleet', summary: 'Make a fleet' })
  @ApiCreatedResponse({ type: FleetView })
  create(@Body() { name, description = null }: CreateFleetBody): Promise<FleetView> {
    return this.commands.execute(new CreateFleetCommand(name, description));
  }

  @Get()
  @Allow('fleet:read')
  @ApiOperation({ operationId: 'listFleets', summary: 'List fleets', description: 'Sorts: name, createdAt.' })
  @ApiOkResponse({ type: pageOf(FleetView) })
  list(@Query() query: ListQuery): Promise<Page<FleetView>> {
    return this.queries.execute(new ListFleetsQuery(query));
  }

  @Post('documents')
  @Allow('fleet:write')
  @Idempotent()
  @Problems(
    'fleet.vehicle-not-found',
    'fleet.driver-not-found',
    'files.file-not-found',
    'files.not-clean',
    { 'fleet.document-subject': 400 },
    { 'fleet.document-dates': 400 },
  )
  @ApiOperation({
    operationId: 'createFleetDocument',
    summary: 'Enter a licence or another paper',
    description:
      'Of a vehicle or a driver. Whoever runs the fleet, and the driver, are told before it expires and when it has.',
  })
  @ApiCreatedResponse({ type: FleetDocumentView })
  createDocument(@Body() body: CreateFleetDocumentBody): Promise<FleetDocumentView> {
    const { vehicleId = null, driverId = null, ...rest } = body;
    return this.commands.execute(new CreateDocumentCommand({ ...rest, vehicleId, driverId }));
  }

  @Get('documents')
  @Allow('fleet:read')
  @ApiOperation({
    operationId: 'listFleetDocuments',
    summary: 'List papers of vehicles and drivers',
    description: 'What expires first comes first. Sorts: expiresOn, createdAt.',
  })
  @ApiOkResponse({ type: pageOf(FleetDocumentView) })
  listDocuments(@Query() query: ListFleetDocumentsParams): Promise<Page<FleetDocumentView>> {
    return this.queries.execute(new ListDocumentsQuery(query));
  }

  @Get('documents/:id')
  @Allow('fleet:read')
  @Problems('fleet.document-not-found')
  @ApiOperation({ operationId: 'getFleetDocument', summary: 'Read a paper of a vehicle or driver' })
  @ApiOkResponse({ type: FleetDocumentView })
  getDocument(@IdParam() id: string): Promise<FleetDocumentView> {
    return this.queries.execute(new FindDocumentQuery(id));
  }

  @Patch('documents/:id')
  @Allow('fleet:write')
  @Problems('fleet.document-not-found', 'files.file-not-found', 'files.not-clean', { 'fleet.document-dates': 400 })
  @ApiOperation({
    operationId: 'changeFleetDocument',
    summary: 'Change or renew a paper',
    description: 'With another last day it is told of anew.',
  })
  @ApiOkResponse({ type: FleetDocumentView })
  changeDocument(@IdParam() id: string, @Body() body: ChangeFleetDocumentBody): Promise<FleetDocumentView> {
    return this.commands.execute(new ChangeDocumentCommand(id, body));
  }

  @Delete('documents/:id')
  @Allow('fleet:write')
  @HttpCode(204)
  @Problems('fleet.document-not-found')
  @ApiOperation({ operationId: 'deleteFleetDocument', summary: 'Delete a paper' })
  @ApiNoContentResponse()
  deleteDocument(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new DeleteDocumentCommand(id));
  }

  @Get(':id')
  @Allow('fleet:read')
  @Problems('fleet.fleet-not-found')
  @ApiOperation({ operationId: 'getFleet', summary: 'Read a fleet' })
  @ApiOkResponse({ type: FleetView })
  get(@IdParam() id: string): Promise<FleetView> {
    return this.queries.execute(new FindFleetQuery(id));
  }

  @Patch(':id')
  @Allow('fleet:write')
  @Problems('fleet.fleet-not-found', 'fleet.fleet-name-taken')
  @ApiOperation({ operationId: 'changeFleet', summary: 'Change a fleet' })
  @ApiOkResponse({ type: FleetView })
  change(@IdParam() id: string, @Body() body: ChangeFleetBody): Promise<FleetView> {
    return this.commands.execute(new ChangeFleetCommand(id, body));
  }

  @Delete(':id')
  @Allow('fleet:write')
  @HttpCode(204)
  @Problems('fleet.fleet-not-found', 'fleet.fleet-not-empty')
  @ApiOperation({ operationId: 'deleteFleet', summary: 'Delete a fleet that has no vehicles' })
  @ApiNoContentResponse()
  delete(@IdParam() id: string): Promise<void> {
    return this.commands.execute(new DeleteFleetCommand(id));
  }
}
