import { Body, Controller, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { GiveRouteCommand } from '../commands/give-route';
import { MoveStopCommand } from '../commands/move-stop';
import { FindDispatchRouteQuery, ListDispatchRoutesQuery } from '../queries/dispatches';
import { DispatchRouteView, GiveRouteBody, ListDispatchRoutesParams, MoveStopBody } from './dispatches.dto';

/** Routes that are driven, stop by stop. */
@ApiTags('dispatches')
@Controller('dispatch-routes')
export class DispatchRoutesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('fleet:read', 'fleet:read-own')
  @ApiOperation({
    operationId: 'listDispatchRoutes',
    summary: 'List routes that are driven, with their stops',
    description: 'A driver sees its own. Sorts: startsAt.',
  })
  @ApiOkResponse({ type: pageOf(DispatchRouteView) })
  list(@Query() query: ListDispatchRoutesParams): Promise<Page<DispatchRouteView>> {
    return this.queries.execute(new ListDispatchRoutesQuery(query));
  }

  @Get(':id')
  @Allow('fleet:read', 'fleet:read-own')
  @Problems('fleet.dispatch-route-not-found')
  @ApiOperation({ operationId: 'getDispatchRoute', summary: 'Read a route with its stops' })
  @ApiOkResponse({ type: DispatchRouteView })
  get(@IdParam() id: string): Promise<DispatchRouteView> {
    return this.queries.execute(new FindDispatchRouteQuery(id));
  }

  @Patch(':id')
  @Allow('fleet:write')
  @Problems(
    'fleet.dispatch-route-not-found',
    'fleet.vehicle-not-found',
    'fleet.driver-not-found',
    { 'fleet.dispatch-route-closed': 409, 'fleet.route-overlaps': 409, 'fleet.vehicle-unfit': 409 },
    'fleet.driver-inactive',
  )
  @ApiOperation({
    operationId: 'giveDispatchRoute',
    summary: 'Give a route to another driver or vehicle',
    description:
      'What was done on it stays done. Who drives it now is told, and sees its stops; who drove it does not.',
  })
  @ApiOkResponse({ type: DispatchRouteView })
  give(@IdParam() id: string, @Body() { vehicleId, driverId }: GiveRouteBody): Promise<DispatchRouteView> {
    return this.commands.execute(new GiveRouteCommand(id, { vehicleId, driverId }));
  }

  @Post(':id/stops/:stopId/state')
  @Allow('fleet:write', 'fleet:write-own')
  @HttpCode(200)
  @Idempotent()
  @Problems(
    'fleet.dispatch-route-not-found',
    'fleet.dispatch-stop-not-found',
    'files.file-not-found',
    { 'fleet.failure-reason': 400, 'fleet.proof-required': 400, 'fleet.proof-not-wanted': 400 },
    { 'fleet.dispatch-stop-state': 409, 'fleet.dispatch-route-closed': 409 },
    'files.not-clean',
  )
  @ApiOperation({
    operationId: 'moveDispatchStop',
    summary: 'Say that a stop was reached, is done, or failed',
    description:
      'By the driver whose route it is, or who manages the fleet. What is done may be proven by who took it, a signature and pictures.',
  })
  @ApiOkResponse({ type: DispatchRouteView })
  moveStop(
    @IdParam() id: string,
    @IdParam('stopId') stopId: string,
    @Body() { state, reason = null, proof }: MoveStopBody,
  ): Promise<DispatchRouteView> {
    const shown = proof && {
      recipientName: proof.recipientName.trim(),
      signatureFileId: proof.signatureFileId ?? null,
      photoFileIds: proof.photoFileIds ?? [],
      note: proof.note ?? null,
    };
    return this.commands.execute(new MoveStopCommand(id, stopId, { state, reason, proof: shown ?? null }));
  }
}
