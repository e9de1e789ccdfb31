import { Body, Controller, Get, Put } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { SetCostProfileCommand } from '../commands/cost-settings';
import { CostProfileQuery } from '../queries/cost-settings';
import { CostProfileView, SetCostProfileBody } from './cost-settings.dto';

/** What one vehicle was bought for, and what it cost over its life. */
@ApiTags('costs')
@Controller('fleet-vehicles')
export class VehicleCostsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get(':id/cost-profile')
  @Allow('fleet:read')
  @Problems('fleet.vehicle-not-found')
  @ApiOperation({ operationId: 'getCostProfile', summary: 'Read what a vehicle was bought for' })
  @ApiOkResponse({ type: CostProfileView })
  profile(@IdParam() id: string): Promise<CostProfileView> {
    return this.queries.execute(new CostProfileQuery(id));
  }

  @Put(':id/cost-profile')
  @Allow('fleet:write')
  @Problems('fleet.vehicle-not-found', 'fleet.depreciated-twice', { 'fleet.purchase-invalid': 400 })
  @ApiOperation({
    operationId: 'setCostProfile',
    summary: 'Say what a vehicle was bought for, and how it is written off',
    description:
      'In a straight line over months, or by distance. Its depreciation is a cost of each day, or of what it drives.',
  })
  @ApiOkResponse({ type: CostProfileView })
  setProfile(
    @IdParam() id: string,
    @Body() { purchase, idleRate = null }: SetCostProfileBody,
  ): Promise<CostProfileView> {
    const bought = purchase && {
      price: purchase.price,
      residual: purchase.residual ?? { amount: 0, currency: purchase.price.currency },
      purchasedOn: purchase.purchasedOn,
      lifeMonths: purchase.lifeMonths ?? null,
      lifeMetres: purchase.lifeMetres ?? null,
      purchaseMetres: purchase.purchaseMetres ?? 0,
    };
    return this.commands.execute(new SetCostProfileCommand(id, bought ?? null, idleRate));
  }
}
