import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { CancelDispatchCommand, DispatchPlanCommand } from '../commands/dispatch-plan';
import { FindDispatchQuery, ListDispatchesQuery } from '../queries/dispatches';
import { DispatchPlanBody, DispatchView, ListDispatchesParams } from './dispatches.dto';

/** Plans of routes that are driven. */
@ApiTags('dispatches')
@Controller('dispatches')
export class DispatchesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('fleet:write')
  @Idempotent()
  @Problems(
    'location.route-job-not-found',
    'fleet.vehicle-not-found',
    'fleet.driver-not-found',
    'fleet.dispatch-invalid',
    { 'fleet.dispatch-past': 400 },
    { 'fleet.plan-not-finished': 409, 'fleet.plan-empty': 409, 'fleet.plan-without-places': 409 },
    { 'fleet.plan-dispatched': 409, 'fleet.route-overlaps': 409, 'fleet.vehicle-unfit': 409 },
    'fleet.driver-inactive',
    'fleet.plan-too-long',
  )
  @ApiOperation({
    operationId: 'dispatchPlan',
    summary: 'Give the routes of a plan to drivers and vehicles',
    description:
      'A plan is driven once, within 31 days, and nobody drives two routes at a time. Of a plan whose dispatch was called off what is done stays done: the other stops are given again, at the times of the plan. Drivers see their stops; times of arrival follow where the vehicle is.',
  })
  @ApiCreatedResponse({ type: DispatchView })
  dispatch(@Body() body: DispatchPlanBody): Promise<DispatchView> {
    const { planId, startsAt, proofRequired = false, routes } = body;
    return this.commands.execute(
      new DispatchPlanCommand({ planId, startsAt: new Date(startsAt), proofRequired, routes }),
    );
  }

  @Get()
  @Allow('fleet:read')
  @ApiOperation({ operationId: 'listDispatches', summary: 'List dispatches', description: 'Sorts: startsAt.' })
  @ApiOkResponse({ type: pageOf(DispatchView) })
  list(@Query() query: ListDispatchesParams): Promise<Page<DispatchView>> {
    return this.queries.execute(new ListDispatchesQuery(query));
  }

  @Get(':id')
  @Allow('fleet:read')
  @Problems('fleet.dispatch-not-found')
  @ApiOperation({ operationId: 'getDispatch', summary: 'Read a dispatch' })
  @ApiOkResponse({ type: DispatchView })
  get(@IdParam() id: string): Promise<DispatchView> {
    return this.queries.execute(new FindDispatchQuery(id));
  }

  @Post(':id/cancel')
  @Allow('fleet:write')
  @HttpCode(200)
  @Idempotent()
  @Problems('fleet.dispatch-not-found', { 'fleet.dispatch-closed': 409 })
  @ApiOperation({
    operationId: 'cancelDispatch',
    summary: 'Call off what is not driven yet',
    description: 'Its plan may be dispatched again: what is not done of it.',
  })
  @ApiOkResponse({ type: DispatchView })
  cancel(@IdParam() id: string): Promise<DispatchView> {
    return this.commands.execute(new CancelDispatchCommand(id));
  }
}
