import { Body, Controller, Get, Patch, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import { RenameSerialCommand, SaveItemSettingsCommand } from '../commands/item-settings';
import { FindSerialQuery, ListItemSettingsQuery, ListSerialEventsQuery, ListSerialsQuery } from '../queries/serials';
import {
  ItemSettingsListView,
  ItemSettingsView,
  ListItemSettingsParams,
  ListSerialsParams,
  RenameSerialBody,
  SaveItemSettingsBody,
  SerialEventView,
  SerialView,
} from './serials.dto';

/** Pieces with a number of their own. */
@ApiTags('inventory')
@Controller('inventory')
export class SerialsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('serials')
  @Allow('inventory:read')
  @ApiOperation({
    operationId: 'listSerials',
    summary: 'Look serial numbers up',
    description:
      'Where the piece is, whom it was shipped for, and how long its warranty lasts. By number, article, state, location, or what it was shipped for. Sort: serial.',
  })
  @ApiOkResponse({ type: pageOf(SerialView) })
  list(@Query() query: ListSerialsParams): Promise<Page<SerialView>> {
    return this.queries.execute(new ListSerialsQuery(query));
  }

  @Get('serials/:id')
  @Allow('inventory:read')
  @Problems('inventory.serial-not-found')
  @ApiOperation({ operationId: 'getSerial', summary: 'Read a piece with a serial number' })
  @ApiOkResponse({ type: SerialView })
  find(@IdParam() id: string): Promise<SerialView> {
    return this.queries.execute(new FindSerialQuery(id));
  }

  @Get('serials/:id/history')
  @Allow('inventory:read')
  @Problems('inventory.serial-not-found')
  @ApiOperation({
    operationId: 'listSerialHistory',
    summary: 'List what happened to a piece',
    description: 'Newest first. It is only ever added to.',
  })
  @ApiOkResponse({ type: pageOf(SerialEventView) })
  history(@IdParam() id: string, @Query() query: ListQuery): Promise<Page<SerialEventView>> {
    return this.queries.execute(new ListSerialEventsQuery(id, query));
  }

  @Patch('serials/:id')
  @Allow('inventory:write')
  @Idempotent()
  @Problems('inventory.serial-not-found', 'inventory.serial-known')
  @ApiOperation({
    operationId: 'renameSerial',
    summary: 'Correct a serial number',
    description: 'The number on the goods in place of a provisional or wrong one.',
  })
  @ApiOkResponse({ type: SerialView })
  rename(@IdParam() id: string, @Body() { serial }: RenameSerialBody): Promise<SerialView> {
    return this.commands.execute(new RenameSerialCommand(id, serial));
  }

  @Get('items')
  @Allow('inventory:read')
  @ApiOperation({
    operationId: 'listItemSettings',
    summary: 'List how articles are kept',
    description: 'Articles of which something was said. Sort: sku.',
  })
  @ApiOkResponse({ type: pageOf(ItemSettingsView) })
  items(@Query() query: ListItemSettingsParams): Promise<Page<ItemSettingsView>> {
    return this.queries.execute(new ListItemSettingsQuery(query));
  }

  @Put('items')
  @Allow('inventory:write')
  @Problems({ 'inventory.unknown-sku': 400, 'inventory.repeated-line': 400 }, 'inventory.stock-under-way')
  @ApiOperation({
    operationId: 'saveItemSettings',
    summary: 'Say how articles are kept',
    description:
      'Whether every piece has a serial number, and how long its warranty lasts. What lies there when tracking begins gets provisional numbers.',
  })
  @ApiOkResponse({ type: ItemSettingsListView })
  async save(@Body() { items }: SaveItemSettingsBody): Promise<ItemSettingsListView> {
    const said = items.map(({ warrantyMonths = null, ...item }) => ({ ...item, warrantyMonths }));
    return { items: await this.commands.execute(new SaveItemSettingsCommand(said)) };
  }
}
