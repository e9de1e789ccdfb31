import { Body, Controller, Get, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { ChangeChecklistCommand, CreateChecklistCommand, InspectVehicleCommand } from '../commands/manage-inspections';
import {
  FindChecklistQuery,
  FindInspectionQuery,
  ListChecklistsQuery,
  ListInspectionsQuery,
} from '../queries/inspections';
import {
  ChangeChecklistBody,
  ChecklistView,
  CreateChecklistBody,
  InspectionView,
  InspectVehicleBody,
  ListChecklistsParams,
  ListInspectionsParams,
} from './inspections.dto';

/** Looks at vehicles by checklists, and what was wrong. */
@ApiTags('inspections')
@Controller('inspections')
export class InspectionsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('fleet:write', 'fleet:write-own')
  @Idempotent()
  @Problems(
    'fleet.vehicle-not-found',
    'fleet.checklist-not-found',
    'fleet.inspection-invalid',
    'fleet.checklist-inactive',
    'fleet.vehicle-retired',
    'fleet.meter-backwards',
    'files.file-not-found',
    'files.not-clean',
  )
  @ApiOperation({
    operationId: 'inspectVehicle',
    summary: 'Enter an inspection of a vehicle',
    description:
      'A driver inspects what it drives now. What is wrong and was not known opens a work order; a critical item takes the vehicle out of service.',
  })
  @ApiCreatedResponse({ type: InspectionView })
  inspect(@Body() body: InspectVehicleBody): Promise<InspectionView> {
    const { vehicleId, checklistId, odometerMetres = null, note = null } = body;
    const results = body.results.map((it) => ({ ...it, note: it.note ?? null, fileIds: it.fileIds ?? [] }));
    return this.commands.execute(new InspectVehicleCommand({ vehicleId, checklistId, results, odometerMetres, note }));
  }

  @Get()
  @Allow('fleet:read', 'fleet:read-own')
  @ApiOperation({
    operationId: 'listInspections',
    summary: 'List inspections',
    description: 'A driver sees those that it made. Sorts: at.',
  })
  @ApiOkResponse({ type: pageOf(InspectionView) })
  list(@Query() query: ListInspectionsParams): Promise<Page<InspectionView>> {
    return this.queries.execute(new ListInspectionsQuery(query));
  }

  @Post('checklists')
  @Allow('fleet:write')
  @Idempotent()
  @Problems('fleet.checklist-invalid')
  @ApiOperation({ operationId: 'createChecklist', summary: 'Make a checklist' })
  @ApiCreatedResponse({ type: ChecklistView })
  createChecklist(@Body() { name, items, currency }: CreateChecklistBody): Promise<ChecklistView> {
    return this.commands.execute(new CreateChecklistCommand({ name, items, currency }));
  }

  @Get('checklists')
  @Allow('fleet:read', 'fleet:read-own')
  @ApiOperation({ operationId: 'listChecklists', summary: 'List checklists' })
  @ApiOkResponse({ type: pageOf(ChecklistView) })
  checklists(@Query() query: ListChecklistsParams): Promise<Page<ChecklistView>> {
    return this.queries.execute(new ListChecklistsQuery(query));
  }

  @Get('checklists/:id')
  @Allow('fleet:read', 'fleet:read-own')
  @Problems('fleet.checklist-not-found')
  @ApiOperation({ operationId: 'getChecklist', summary: 'Read a checklist' })
  @ApiOkResponse({ type: ChecklistView })
  checklist(@IdParam() id: string): Promise<ChecklistView> {
    return this.queries.execute(new FindChecklistQuery(id));
  }

  @Patch('checklists/:id')
  @Allow('fleet:write')
  @Problems('fleet.checklist-not-found', 'fleet.checklist-invalid')
  @ApiOperation({ operationId: 'changeChecklist', summary: 'Change a checklist, or use it no more' })
  @ApiOkResponse({ type: ChecklistView })
  changeChecklist(@IdParam() id: string, @Body() body: ChangeChecklistBody): Promise<ChecklistView> {
    return this.commands.execute(new ChangeChecklistCommand(id, body));
  }

  @Get(':id')
  @Allow('fleet:read', 'fleet:read-own')
  @Problems('fleet.inspection-not-found')
  @ApiOperation({ operationId: 'getInspection', summary: 'Read an inspection' })
  @ApiOkResponse({ type: InspectionView })
  get(@IdParam() id: string): Promise<InspectionView> {
    return this.queries.execute(new FindInspectionQuery(id));
  }
}
