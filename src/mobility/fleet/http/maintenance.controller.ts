import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import {
  CreateMaintenancePlanCommand,
  CreateWarrantyCommand,
  ScheduleMaintenanceCommand,
} from '../commands/manage-maintenance';
import { AddWorkOrderLineCommand, MoveWorkOrderCommand, OpenWorkOrderCommand } from '../commands/manage-work-orders';
import {
  FindPlanQuery,
  FindScheduleQuery,
  ListPlansQuery,
  ListSchedulesQuery,
  ListWarrantiesQuery,
} from '../queries/maintenance';
import { FindWorkOrderQuery, ListWorkOrdersQuery } from '../queries/work-orders';
import {
  AddWorkOrderCostBody,
  AddWorkOrderPartBody,
  CreateMaintenancePlanBody,
  CreateWarrantyBody,
  ListMaintenanceSchedulesParams,
  ListWarrantiesParams,
  ListWorkOrdersParams,
  MaintenancePlanView,
  MaintenanceScheduleView,
  MoveWorkOrderBody,
  OpenWorkOrderBody,
  ScheduleMaintenanceBody,
  WarrantyView,
  WorkOrderView,
} from './maintenance.dto';

/** Maintenance that comes back, work orders and warranties. */
@ApiTags('maintenance')
@Controller('maintenance')
export class MaintenanceController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('plans')
  @Allow('fleet:write')
  @Idempotent()
  @Problems({ 'fleet.plan-without-interval': 400 })
  @ApiOperation({
    operationId: 'createMaintenancePlan',
    summary: 'Make a plan of maintenance',
    description: 'By days, by distance, by engine hours, or by several: whichever comes first.',
  })
  @ApiCreatedResponse({ type: MaintenancePlanView })
  createPlan(@Body() body: CreateMaintenancePlanBody): Promise<MaintenancePlanView> {
    const { name, currency, tasks = [], everyDays = null, everyMetres = null, everySeconds = null } = body;
    const { leadPercent = 10 } = body;
    const plan = { name, currency, tasks, everyDays, everyMetres, everySeconds, leadPercent };
    return this.commands.execute(new CreateMaintenancePlanCommand(plan));
  }

  @Get('plans')
  @Allow('fleet:read')
  @ApiOperation({ operationId: 'listMaintenancePlans', summary: 'List plans of maintenance' })
  @ApiOkResponse({ type: pageOf(MaintenancePlanView) })
  plans(@Query() query: ListQuery): Promise<Page<MaintenancePlanView>> {
    return this.queries.execute(new ListPlansQuery(query));
  }

  @Get('plans/:id')
  @Allow('fleet:read')
  @Problems('fleet.plan-not-found')
  @ApiOperation({ operationId: 'getMaintenancePlan', summary: 'Read a plan of maintenance' })
  @ApiOkResponse({ type: MaintenancePlanView })
  plan(@IdParam() id: string): Promise<MaintenancePlanView> {
    return this.queries.execute(new FindPlanQuery(id));
  }

  @Post('schedules')
  @Allow('fleet:write')
  @Idempotent()
  @Problems('fleet.plan-not-found', 'fleet.vehicle-not-found', 'fleet.already-scheduled', 'fleet.vehicle-retired')
  @ApiOperation({
    operationId: 'scheduleMaintenance',
    summary: 'Give a vehicle a plan of maintenance',
    description: 'It counts from where it was done last. When it is due a work order opens by itself, once.',
  })
  @ApiCreatedResponse({ type: MaintenanceScheduleView })
  schedule(
    @Body() { planId, vehicleId, lastAt, lastMetres, lastSeconds }: ScheduleMaintenanceBody,
  ): Promise<MaintenanceScheduleView> {
    return this.commands.execute(
      new ScheduleMaintenanceCommand({
        ...{ planId, vehicleId, lastMetres, lastSeconds },
        ...(lastAt && { lastAt: new Date(lastAt) }),
      }),
    );
  }

  @Get('schedules')
  @Allow('fleet:read')
  @ApiOperation({ operationId: 'listMaintenanceSchedules', summary: 'List what is due when' })
  @ApiOkResponse({ type: pageOf(MaintenanceScheduleView) })
  schedules(@Query() query: ListMaintenanceSchedulesParams): Promise<Page<MaintenanceScheduleView>> {
    return this.queries.execute(new ListSchedulesQuery(query));
  }

  @Get('schedules/:id')
  @Allow('fleet:read')
  @Problems('fleet.schedule-not-found')
  @ApiOperation({ operationId: 'getMaintenanceSchedule', summary: 'Read when something is due' })
  @ApiOkResponse({ type: MaintenanceScheduleView })
  readSchedule(@IdParam() id: string): Promise<MaintenanceScheduleView> {
    return this.queries.execute(new FindScheduleQuery(id));
  }

  @Post('warranties')
  @Allow('fleet:write')
  @Idempotent()
  @Problems('fleet.vehicle-not-found', { 'fleet.warranty-unbounded': 400 })
  @ApiOperation({ operationId: 'createWarranty', summary: 'Enter a warranty of a vehicle' })
  @ApiCreatedResponse({ type: WarrantyView })
  warrant(@Body() body: CreateWarrantyBody): Promise<WarrantyView> {
    const { vehicleId, name, beginsOn, endsOn = null, untilMetres = null, provider = null } = body;
    return this.commands.execute(
      new CreateWarrantyCommand({ vehicleId, name, beginsOn, endsOn, untilMetres, provider }),
    );
  }

  @Get('warranties')
  @Allow('fleet:read')
  @ApiOperation({ operationId: 'listWarranties', summary: 'List warranties of vehicles' })
  @ApiOkResponse({ type: pageOf(WarrantyView) })
  warranties(@Query() query: ListWarrantiesParams): Promise<Page<WarrantyView>> {
    return this.queries.execute(new ListWarrantiesQuery(query));
  }

  @Post('work-orders')
  @Allow('fleet:write')
  @Idempotent()
  @Problems('fleet.vehicle-not-found')
  @ApiOperation({ operationId: 'openWorkOrder', summary: 'Open a work order' })
  @ApiCreatedResponse({ type: WorkOrderView })
  open(@Body() body: OpenWorkOrderBody): Promise<WorkOrderView> {
    const { vehicleId, title, description = null, currency, assignee = null } = body;
    return this.commands.execute(new OpenWorkOrderCommand({ vehicleId, title, description, currency, assignee }));
  }

  @Get('work-orders')
  @Allow('fleet:read')
  @ApiOperation({ operationId: 'listWorkOrders', summary: 'List work orders', description: 'Sorts: number, openedAt.' })
  @ApiOkResponse({ type: pageOf(WorkOrderView) })
  orders(@Query() query: ListWorkOrdersParams): Promise<Page<WorkOrderView>> {
    return this.queries.execute(new ListWorkOrdersQuery(query));
  }

  @Get('work-orders/:id')
  @Allow('fleet:read')
  @Problems('fleet.work-order-not-found')
  @ApiOperation({ operationId: 'getWorkOrder', summary: 'Read a work order with its lines and defects' })
  @ApiOkResponse({ type: WorkOrderView })
  order(@IdParam() id: string): Promise<WorkOrderView> {
    return this.queries.execute(new FindWorkOrderQuery(id));
  }

  @Post('work-orders/:id/state')
  @Allow('fleet:write')
  @HttpCode(200)
  @Idempotent()
  @Problems('fleet.work-order-not-found', { 'fleet.work-order-state': 409 })
  @ApiOperation({
    operationId: 'moveWorkOrder',
    summary: 'Begin, hold, complete or call off a work order',
    description:
      'Completing it closes its defects and begins the next cycle of its maintenance from now and here on; calling it off skips the cycle.',
  })
  @ApiOkResponse({ type: WorkOrderView })
  move(@IdParam() id: string, @Body() { state, note = null }: MoveWorkOrderBody): Promise<WorkOrderView> {
    return this.commands.execute(new MoveWorkOrderCommand(id, state, note));
  }

  @Post('work-orders/:id/costs')
  @Allow('fleet:write')
  @Idempotent({ required: true })
  @Problems(
    'fleet.work-order-not-found',
    'fleet.work-order-closed',
    'fleet.warranty-not-found',
    'fleet.warranty-over',
    { 'fleet.other-currency': 400 },
  )
  @ApiOperation({ operationId: 'addWorkOrderCost', summary: 'Add labour or something bought to a work order' })
  @ApiCreatedResponse({ type: WorkOrderView })
  addCost(@IdParam() id: string, @Body() body: AddWorkOrderCostBody): Promise<WorkOrderView> {
    const { kind, description, quantity, total, warrantyId = null } = body;
    const line = { kind, description, sku: null, quantity, total, warrantyId };
    return this.commands.execute(new AddWorkOrderLineCommand(id, line));
  }

  @Post('work-orders/:id/parts')
  @Allow('fleet:write')
  @Idempotent({ required: true })
  @Problems(
    'fleet.work-order-not-found',
    'fleet.work-order-closed',
    'fleet.warranty-not-found',
    'fleet.warranty-over',
    'fleet.part-cost-unknown',
    'inventory.out-of-stock',
    'inventory.serial-unavailable',
    'inventory.serial-promised',
    { 'fleet.other-currency': 400, 'inventory.unknown-sku': 400 },
    { 'inventory.serials-needed': 400, 'inventory.not-serialized': 400 },
  )
  @ApiOperation({
    operationId: 'addWorkOrderPart',
    summary: 'Take parts out of stock for a work order',
    description:
      'They leave the stock in the same commit, once, at what their lots cost unless `total` says otherwise; where the cost ' +
      'of any piece is not known, `total` has to.',
  })
  @ApiCreatedResponse({ type: WorkOrderView })
  addPart(@IdParam() id: string, @Body() body: AddWorkOrderPartBody): Promise<WorkOrderView> {
    const { sku, quantity, description = sku, serials, total = null, warrantyId = null } = body;
    const line = { kind: 'part' as const, description, sku, quantity, total, warrantyId, serials };
    return this.commands.execute(new AddWorkOrderLineCommand(id, line));
  }
}
