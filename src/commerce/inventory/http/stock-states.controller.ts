import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { MoveStockStatesCommand } from '../commands/move-stock-states';
import { ListStateChangesQuery, ListUnavailableQuery } from '../queries/stock-states';
import {
  ListStateChangesParams,
  ListUnavailableParams,
  MoveStockStatesBody,
  StateChangeView,
  StateOperationView,
  UnavailableStockView,
} from './stock-states.dto';

/** Pieces that lie there and cannot be sold, and why. */
@ApiTags('inventory')
@Controller('inventory')
export class StockStatesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('state-changes')
  @Allow('inventory:write')
  @Idempotent({ required: true })
  @Problems(
    {
      'inventory.unknown-sku': 400,
      'inventory.same-state': 400,
      'inventory.serials-needed': 400,
      'inventory.not-serialized': 400,
    },
    'inventory.location-not-found',
    'inventory.lot-not-found',
    'inventory.exceeds-state',
    'inventory.serial-unavailable',
  )
  @ApiOperation({
    operationId: 'changeStockStates',
    summary: 'Move pieces into another state',
    description:
      'From available into damaged, quarantine, quality control or safety stock, between these, back, or out of the stock for good (`written_off`, at the cost of the lot). All lines or none; what is promised to orders is not touched.',
  })
  @ApiCreatedResponse({ type: StateOperationView })
  change(@Body() { lines }: MoveStockStatesBody): Promise<StateOperationView> {
    return this.commands.execute(new MoveStockStatesCommand(lines));
  }

  @Get('state-changes')
  @Allow('inventory:read')
  @ApiOperation({
    operationId: 'listStockStateChanges',
    summary: 'List changes of state',
    description: 'How pieces came into their states, newest first. It is only ever added to.',
  })
  @ApiOkResponse({ type: pageOf(StateChangeView) })
  changes(@Query() query: ListStateChangesParams): Promise<Page<StateChangeView>> {
    return this.queries.execute(new ListStateChangesQuery(query));
  }

  @Get('unavailable')
  @Allow('inventory:read')
  @ApiOperation({
    operationId: 'listUnavailableStock',
    summary: 'List what lies there and cannot be sold',
    description: 'One row a lot and state. Sort: sku.',
  })
  @ApiOkResponse({ type: pageOf(UnavailableStockView) })
  unavailable(@Query() query: ListUnavailableParams): Promise<Page<UnavailableStockView>> {
    return this.queries.execute(new ListUnavailableQuery(query));
  }
}
