import { Body, Controller, Get, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { SaveBackorderTermsCommand } from '../commands/save-backorder-terms';
import { ListBackordersQuery } from '../queries/list-backorders';
import { BackorderView, SaveBackorderTermsBody, SavedBackorderTermsView } from './backorders.dto';
import { ListLevelsParams } from './inventory.dto';

/** How far articles may be sold beyond their stock, and what is waited for. */
@ApiTags('inventory')
@Controller('inventory/backorders')
export class BackordersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('inventory:read')
  @ApiOperation({
    operationId: 'listBackorders',
    summary: 'List articles that are sold beyond their stock',
    description: 'Those with terms, and those that somebody waits for. Sort: sku.',
  })
  @ApiOkResponse({ type: pageOf(BackorderView) })
  list(@Query() query: ListLevelsParams): Promise<Page<BackorderView>> {
    return this.queries.execute(new ListBackordersQuery(query));
  }

  @Put()
  @Allow('inventory:write')
  @Problems({ 'inventory.unknown-sku': 400, 'inventory.repeated-line': 400 })
  @ApiOperation({
    operationId: 'saveBackorderTerms',
    summary: 'Set limits and dates of backorders and preorders',
    description:
      'Whether an article may be sold beyond its stock says its variant (`backorder`). What was promised before stays as it was told; articles that are not named stay.',
  })
  @ApiOkResponse({ type: SavedBackorderTermsView })
  save(@Body() { terms }: SaveBackorderTermsBody): Promise<SavedBackorderTermsView> {
    return this.commands.execute(
      new SaveBackorderTermsCommand(
        terms.map(({ sku, mostBackordered, promisedAt }) => ({
          sku,
          most: mostBackordered ?? null,
          promisedAt: promisedAt ? new Date(promisedAt) : null,
        })),
      ),
    );
  }
}
