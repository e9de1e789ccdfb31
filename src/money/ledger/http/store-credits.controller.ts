import { Body, Controller, Get, HttpCode, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { ListQuery, type Page } from '../../../kernel/http/pagination';
import { GrantStoreCreditCommand, VoidCreditCommand } from '../commands/manage-credit';
import { SaveStoreCreditRulesCommand } from '../commands/manage-credit-rules';
import {
  FindCreditQuery,
  ListCreditEntriesQuery,
  ListCreditsQuery,
  OwnStoreCreditQuery,
  StoreCreditRulesQuery,
} from '../queries/credits';
import {
  CreditDetailsView,
  CreditEntryDetailsView,
  CreditEntryPage,
  CreditNoteBody,
  CreditPage,
  GrantStoreCreditBody,
  ListCreditsParams,
  OwnStoreCreditView,
  StoreCreditRulesBody,
  StoreCreditRulesView,
} from './credit.dto';

/** Store credit: what a customer has to spend in the shop. */
@ApiTags('store-credits')
@Controller('store-credits')
export class StoreCreditsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('credit:read')
  @ApiOperation({ operationId: 'listStoreCredits', summary: 'List store credit, newest first' })
  @ApiOkResponse({ type: CreditPage })
  list(@Query() query: ListCreditsParams): Promise<Page<CreditDetailsView>> {
    return this.queries.execute(new ListCreditsQuery('store_credit', query));
  }

  @Post()
  @Allow('credit:write')
  @Idempotent({ required: true })
  @Problems({ 'ledger.customer-unknown': 400 })
  @ApiOperation({
    operationId: 'grantStoreCredit',
    summary: 'Give a customer store credit',
    description: 'Added to what they have in the currency; they are told by mail. Answers what they have now.',
  })
  @ApiCreatedResponse({ type: CreditDetailsView })
  grant(@Body() body: GrantStoreCreditBody): Promise<CreditDetailsView> {
    return this.commands.execute(new GrantStoreCreditCommand(body));
  }

  @Get('mine')
  @Allow('credit:read-own')
  @ApiOperation({ operationId: 'getOwnStoreCredit', summary: 'One’s own store credit' })
  @ApiOkResponse({ type: OwnStoreCreditView })
  async mine(): Promise<OwnStoreCreditView> {
    return { data: await this.queries.execute(new OwnStoreCreditQuery()) };
  }

  @Get(':id')
  @Allow('credit:read')
  @Problems('ledger.credit-not-found')
  @ApiOperation({ operationId: 'getStoreCredit', summary: 'Read a customer’s store credit' })
  @ApiOkResponse({ type: CreditDetailsView })
  get(@IdParam() id: string): Promise<CreditDetailsView> {
    return this.queries.execute(new FindCreditQuery(id, 'store_credit'));
  }

  @Get(':id/entries')
  @Allow('credit:read')
  @Problems('ledger.credit-not-found')
  @ApiOperation({ operationId: 'listStoreCreditEntries', summary: 'The statement of store credit, newest first' })
  @ApiOkResponse({ type: CreditEntryPage })
  entries(@IdParam() id: string, @Query() query: ListQuery): Promise<Page<CreditEntryDetailsView>> {
    return this.queries.execute(new ListCreditEntriesQuery(id, 'store_credit', query));
  }

  @Post(':id/void')
  @HttpCode(200)
  @Allow('credit:write')
  @Idempotent({ required: true })
  @Problems('ledger.credit-not-found', 'ledger.credit-not-active')
  @ApiOperation({ operationId: 'voidStoreCredit', summary: 'Take store credit back' })
  @ApiOkResponse({ type: CreditDetailsView })
  void(@IdParam() id: string, @Body() { note }: CreditNoteBody): Promise<CreditDetailsView> {
    return this.commands.execute(new VoidCreditCommand({ creditId: id, kind: 'store_credit', note }));
  }
}

/** When store credit ends. */
@ApiTags('store-credits')
@Controller('store-credit-rules')
export class StoreCreditRulesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('credit:read')
  @ApiOperation({ operationId: 'getStoreCreditRules', summary: 'Read when store credit ends' })
  @ApiOkResponse({ type: StoreCreditRulesView })
  get(): Promise<StoreCreditRulesView> {
    return this.queries.execute(new StoreCreditRulesQuery());
  }

  @Put()
  @Allow('credit:write')
  @ApiOperation({
    operationId: 'saveStoreCreditRules',
    summary: 'Say when store credit ends',
    description:
      'Off by default: in many countries credit must not end, or not so soon; ask a lawyer first. It counts from when credit moves next; until then what is there keeps its end.',
  })
  @ApiOkResponse({ type: StoreCreditRulesView })
  save(@Body() { validDays, remindDays }: StoreCreditRulesBody): Promise<StoreCreditRulesView> {
    return this.commands.execute(new SaveStoreCreditRulesCommand({ validDays, remindDays }));
  }
}
