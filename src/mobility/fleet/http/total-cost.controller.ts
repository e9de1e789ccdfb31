import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { TotalCostQuery } from '../queries/total-cost';
import { TotalCostParams, TotalCostView } from './cost-figures.dto';

/** What one vehicle costs altogether. */
@ApiTags('costs')
@Controller('fleet-vehicles')
export class TotalCostController {
  constructor(private readonly queries: QueryBus) {}

  @Get(':id/total-cost-of-ownership')
  @Allow('fleet:read')
  @Problems('fleet.vehicle-not-found', { 'fleet.report-period': 400 })
  @ApiOperation({
    operationId: 'getTotalCostOfOwnership',
    summary: 'Read what a vehicle costs altogether',
    description: 'Depreciation and all that was paid for it, by category, and its book value at the end of the period.',
  })
  @ApiOkResponse({ type: TotalCostView })
  total(@IdParam() id: string, @Query() query: TotalCostParams): Promise<TotalCostView> {
    return this.queries.execute(new TotalCostQuery(id, query));
  }
}
