import { Controller, Get, HttpCode, Module, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { OperatorOnly } from '../auth/decorators';
import { IdParam, Problems } from '../http/decorators';
import { Deliveries, type DeliveryView } from './deliveries';
import { DeliveryDetailsView, DeliveryPage, ListDeliveriesParams } from './deliveries.dto';

const viewOf = (delivery: DeliveryView): DeliveryDetailsView => ({ ...delivery, dueAt: delivery.dueAt.toISOString() });

/** What waits, what is with a queue and what is dead, over all tenants: for operators. */
@Controller('deliveries')
export class DeliveriesController {
  constructor(private readonly deliveries: Deliveries) {}

  @Get()
  @OperatorOnly()
  @ApiOperation({
    operationId: 'listDeliveries',
    summary: 'List deliveries of all tenants',
    description: 'Reactions, timers and jobs that are not done yet, oldest first.',
  })
  @ApiOkResponse({ type: DeliveryPage })
  async list(@Query() { limit = 20, cursor, state, name }: ListDeliveriesParams): Promise<DeliveryPage> {
    const rows = await this.deliveries.list({ state, name, after: cursor, limit: limit + 1 });
    const data = rows.slice(0, limit).map(viewOf);
    const hasMore = rows.length > limit;
    return { data, page: { limit, hasMore, nextCursor: hasMore ? data[data.length - 1].id : null } };
  }

  @Post(':id/replay')
  @HttpCode(200)
  @OperatorOnly()
  @Problems('deliveries.not-found')
  @ApiOperation({
    operationId: 'replayDelivery',
    summary: 'Run a delivery again',
    description: 'Now, with its attempts forgotten; its effect happens once however often this is called.',
  })
  @ApiOkResponse({ type: DeliveryDetailsView })
  async replay(@IdParam() id: string): Promise<DeliveryDetailsView> {
    const [delivery] = await this.deliveries.replay({ id });
    return viewOf(delivery);
  }
}

/** Served to operators; the command line has the same under `deliveries:list` and `deliveries:replay`, and `deliveries:backfill`. */
@Module({ controllers: [DeliveriesController] })
export class DeliveriesModule {}
