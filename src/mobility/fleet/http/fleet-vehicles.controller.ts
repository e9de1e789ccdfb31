import { Body, Controller, Delete, Get, Headers, HttpCode, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { AssignToVehicleCommand, DeleteAssignmentCommand, EndAssignmentCommand } from '../commands/manage-assignments';
import {
  ChangeFleetVehicleCommand,
  CreateFleetVehicleCommand,
  MoveFleetVehicleCommand,
} from '../commands/manage-vehicles';
import { RecordReadingCommand } from '../commands/record-reading';
import { ListAssignmentsQuery } from '../queries/assignments';
import { ListReadingsQuery } from '../queries/readings';
import { FindVehicleQuery, ListVehiclesQuery } from '../queries/vehicles';
import {
  ChangeFleetVehicleBody,
  CreateFleetVehicleBody,
  FleetVehicleView,
  ListFleetVehiclesParams,
  MoveFleetVehicleBody,
} from './fleet-vehicles.dto';
import {
  AssignToVehicleBody,
  EndAssignmentBody,
  FleetAssignmentView,
  ListAssignmentsParams,
  ListReadingsParams,
  MeterReadingView,
  RecordReadingBody,
} from './vehicle-book.dto';

const timeOf = (text: string): Date => new Date(text);

/** Vehicles and trailers, what is with them, and their meters. */
@ApiTags('fleet-vehicles')
@Controller('fleet-vehicles')
export class FleetVehiclesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('fleet:write')
  @Idempotent()
  @Problems(
    'fleet.fleet-not-found',
    'fleet.vin-invalid',
    'fleet.calibration-invalid',
    'fleet.vin-taken',
    'fleet.plate-taken',
  )
  @ApiOperation({ operationId: 'createFleetVehicle', summary: 'Enter a vehicle or a trailer' })
  @ApiCreatedResponse({ type: FleetVehicleView })
  create(@Body() body: CreateFleetVehicleBody): Promise<FleetVehicleView> {
    return this.commands.execute(new CreateFleetVehicleCommand(body));
  }

  @Get()
  @Allow('fleet:read', 'fleet:read-own')
  @ApiOperation({
    operationId: 'listFleetVehicles',
    summary: 'List vehicles and trailers',
    description: 'A driver sees what it drives now. Sorts: name, createdAt.',
  })
  @ApiOkResponse({ type: pageOf(FleetVehicleView) })
  list(@Query() query: ListFleetVehiclesParams): Promise<Page<FleetVehicleView>> {
    return this.queries.execute(new ListVehiclesQuery(query));
  }

  @Get(':id')
  @Allow('fleet:read', 'fleet:read-own')
  @Problems('fleet.vehicle-not-found')
  @ApiOperation({ operationId: 'getFleetVehicle', summary: 'Read a vehicle' })
  @ApiOkResponse({ type: FleetVehicleView })
  async get(@IdParam() id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<FleetVehicleView> {
    const vehicle = await this.queries.execute(new FindVehicleQuery(id));
    void reply.header('etag', etagOf(vehicle.version));
    return vehicle;
  }

  @Patch(':id')
  @Allow('fleet:write')
  @Problems(
    'fleet.vehicle-not-found',
    'fleet.fleet-not-found',
    'fleet.vin-invalid',
    'fleet.calibration-invalid',
    'fleet.vin-taken',
    'fleet.plate-taken',
    'fleet.class-fixed',
    'fleet.vehicle-retired',
    { 'fleet.stale': 412 },
  )
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  @ApiOperation({ operationId: 'changeFleetVehicle', summary: 'Change a vehicle' })
  @ApiOkResponse({ type: FleetVehicleView })
  async change(
    @IdParam() id: string,
    @Body() body: ChangeFleetVehicleBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<FleetVehicleView> {
    const vehicle = await this.commands.execute(new ChangeFleetVehicleCommand(id, body, versionOfIfMatch(ifMatch)));
    void reply.header('etag', etagOf(vehicle.version));
    return vehicle;
  }

  @Post(':id/state')
  @Allow('fleet:write')
  @HttpCode(200)
  @Problems('fleet.vehicle-not-found', { 'fleet.vehicle-state': 409, 'fleet.routes-open': 409 })
  @ApiOperation({
    operationId: 'moveFleetVehicle',
    summary: 'Take a vehicle out of service, back in, or retire it',
    description:
      'A retired vehicle stays retired, and nothing is with it any more; its number plate is free again. One that has routes to drive is not retired.',
  })
  @ApiOkResponse({ type: FleetVehicleView })
  move(@IdParam() id: string, @Body() { state, reason = null }: MoveFleetVehicleBody): Promise<FleetVehicleView> {
    return this.commands.execute(new MoveFleetVehicleCommand(id, state, reason));
  }

  @Post(':id/assignments')
  @Allow('fleet:write')
  @Idempotent()
  @Problems(
    'fleet.vehicle-not-found',
    'fleet.subject-not-found',
    'fleet.assignment-invalid',
    'fleet.period-invalid',
    'fleet.assignment-overlaps',
    'fleet.vehicle-retired',
    'fleet.driver-inactive',
  )
  @ApiOperation({
    operationId: 'assignToFleetVehicle',
    summary: 'Put a driver, a device or a trailer with a vehicle',
    description: 'For a period; two of one kind and place never overlap, and nothing is with two vehicles at a time.',
  })
  @ApiCreatedResponse({ type: FleetAssignmentView })
  assign(@IdParam() id: string, @Body() body: AssignToVehicleBody): Promise<FleetAssignmentView> {
    const { kind, subjectId, from, until, slot = 1, note = null } = body;
    return this.commands.execute(
      new AssignToVehicleCommand(id, {
        kind,
        subjectId,
        ...(from && { from: timeOf(from) }),
        until: until ? timeOf(until) : null,
        slot,
        note,
      }),
    );
  }

  @Get(':id/assignments')
  @Allow('fleet:read')
  @Problems('fleet.vehicle-not-found')
  @ApiOperation({
    operationId: 'listFleetAssignments',
    summary: 'List what was and is with a vehicle',
    description: 'Sorts: from.',
  })
  @ApiOkResponse({ type: pageOf(FleetAssignmentView) })
  assignments(@IdParam() id: string, @Query() query: ListAssignmentsParams): Promise<Page<FleetAssignmentView>> {
    return this.queries.execute(new ListAssignmentsQuery(id, query));
  }

  @Patch(':id/assignments/:assignmentId')
  @Allow('fleet:write')
  @Problems(
    'fleet.assignment-not-found',
    'fleet.period-invalid',
    'fleet.assignment-overlaps',
    'fleet.vehicle-retired',
    'fleet.driver-inactive',
  )
  @ApiOperation({
    operationId: 'endFleetAssignment',
    summary: 'Say when an assignment ends',
    description: 'What a device did after its new end is taken from the vehicle.',
  })
  @ApiOkResponse({ type: FleetAssignmentView })
  end(
    @IdParam() id: string,
    @IdParam('assignmentId') assignmentId: string,
    @Body() { until }: EndAssignmentBody,
  ): Promise<FleetAssignmentView> {
    return this.commands.execute(new EndAssignmentCommand(id, assignmentId, until ? timeOf(until) : null));
  }

  @Delete(':id/assignments/:assignmentId')
  @Allow('fleet:write')
  @HttpCode(204)
  @Problems('fleet.assignment-not-found', 'fleet.assignment-begun')
  @ApiOperation({ operationId: 'deleteFleetAssignment', summary: 'Take back an assignment that has not begun' })
  @ApiNoContentResponse()
  unassign(@IdParam() id: string, @IdParam('assignmentId') assignmentId: string): Promise<void> {
    return this.commands.execute(new DeleteAssignmentCommand(id, assignmentId));
  }

  @Post(':id/readings')
  @Allow('fleet:write', 'fleet:write-own')
  @Idempotent()
  @Problems(
    'fleet.vehicle-not-found',
    'fleet.meter-backwards',
    'fleet.reading-not-latest',
    'fleet.reading-exists',
    'fleet.vehicle-retired',
    'fleet.reason-required',
    { 'fleet.reading-ahead': 400, 'fleet.not-for-drivers': 403 },
  )
  @ApiOperation({
    operationId: 'recordMeterReading',
    summary: 'Enter what a meter shows',
    description:
      'Also of an earlier time, between the readings around it. A driver enters those of what it drives now.',
  })
  @ApiCreatedResponse({ type: MeterReadingView })
  read(@IdParam() id: string, @Body() body: RecordReadingBody): Promise<MeterReadingView> {
    const { meter, kind = 'reading', shown, at, reason = null } = body;
    return this.commands.execute(
      new RecordReadingCommand(id, { meter, kind, shown, ...(at && { at: timeOf(at) }), reason }),
    );
  }

  @Get(':id/readings')
  @Allow('fleet:read')
  @Problems('fleet.vehicle-not-found')
  @ApiOperation({ operationId: 'listMeterReadings', summary: 'List what meters showed', description: 'Sorts: at.' })
  @ApiOkResponse({ type: pageOf(MeterReadingView) })
  readings(@IdParam() id: string, @Query() query: ListReadingsParams): Promise<Page<MeterReadingView>> {
    return this.queries.execute(new ListReadingsQuery(id, query));
  }
}
