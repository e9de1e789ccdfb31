import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { RateLimit } from '../../../kernel/http/decorators';
import { FleetDashboardQuery } from '../queries/dashboard';
import { DashboardParams, FleetDashboardView } from './cost-figures.dto';

/** Fleets at a glance. */
@ApiTags('fleets')
@Controller('fleets')
export class FleetDashboardController {
  constructor(private readonly queries: QueryBus) {}

  @Get('dashboard')
  @Allow('fleet:read')
  @RateLimit('heavy')
  @ApiOperation({
    operationId: 'getFleetDashboard',
    summary: 'Read a fleet at a glance',
    description: 'Vehicles, what is open, today’s routes, and this month’s costs, use, CO2 and score.',
  })
  @ApiOkResponse({ type: FleetDashboardView })
  read(@Query() query: DashboardParams): Promise<FleetDashboardView> {
    return this.queries.execute(new FleetDashboardQuery(query));
  }
}
