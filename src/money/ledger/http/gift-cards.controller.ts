import { Body, Controller, Get, HttpCode, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, Public } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems, RateLimit } from '../../../kernel/http/decorators';
import { ListQuery, type Page } from '../../../kernel/http/pagination';
import { IssueGiftCardCommand, VoidCreditCommand } from '../commands/manage-credit';
import { SaveGiftCardRulesCommand } from '../commands/manage-credit-rules';
import { PresentGiftCardsCommand } from '../contracts/credit';
import { FindCreditQuery, GiftCardRulesQuery, ListCreditEntriesQuery, ListCreditsQuery } from '../queries/credits';
import {
  CheckGiftCardsBody,
  CreditDetailsView,
  CreditEntryDetailsView,
  CreditEntryPage,
  CreditNoteBody,
  CreditPage,
  GiftCardBalancesView,
  GiftCardRulesBody,
  GiftCardRulesView,
  IssueGiftCardBody,
  IssuedGiftCardView,
  ListCreditsParams,
} from './credit.dto';

/** Gift cards: made by staff or sold, spent at the checkout in parts, put back by refunds. */
@ApiTags('gift-cards')
@Controller('gift-cards')
export class GiftCardsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('credit:read')
  @ApiOperation({ operationId: 'listGiftCards', summary: 'List gift cards, newest first' })
  @ApiOkResponse({ type: CreditPage })
  list(@Query() query: ListCreditsParams): Promise<Page<CreditDetailsView>> {
    return this.queries.execute(new ListCreditsQuery('gift_card', query));
  }

  @Post()
  @Allow('credit:write')
  @Idempotent({ required: true })
  @Problems({ 'ledger.expiry-past': 400, 'ledger.customer-unknown': 400 })
  @ApiOperation({
    operationId: 'issueGiftCard',
    summary: 'Make a gift card',
    description: 'Its code goes to the recipient by mail; without one it is in this answer, and never shown again.',
  })
  @ApiCreatedResponse({ type: IssuedGiftCardView })
  issue(@Body() { expiresAt, ...body }: IssueGiftCardBody): Promise<IssuedGiftCardView> {
    return this.commands.execute(
      new IssueGiftCardCommand({ ...body, ...(expiresAt ? { expiresAt: new Date(expiresAt) } : {}) }),
    );
  }

  @Post('balances')
  @HttpCode(200)
  @Public({ tenant: 'required' })
  @RateLimit('auth')
  @Problems({ 'ledger.gift-card-unknown': 400 }, 'ledger.too-many-codes')
  @ApiOperation({
    operationId: 'checkGiftCards',
    summary: 'What is left on gift cards, by their codes',
    description: 'For whoever has the codes. Codes that are none are counted, and refused beyond 20 an hour.',
  })
  @ApiOkResponse({ type: GiftCardBalancesView })
  async balances(@Body() { codes }: CheckGiftCardsBody): Promise<GiftCardBalancesView> {
    return { data: await this.commands.execute(new PresentGiftCardsCommand({ codes })) };
  }

  @Get(':id')
  @Allow('credit:read')
  @Problems('ledger.credit-not-found')
  @ApiOperation({ operationId: 'getGiftCard', summary: 'Read a gift card' })
  @ApiOkResponse({ type: CreditDetailsView })
  get(@IdParam() id: string): Promise<CreditDetailsView> {
    return this.queries.execute(new FindCreditQuery(id, 'gift_card'));
  }

  @Get(':id/entries')
  @Allow('credit:read')
  @Problems('ledger.credit-not-found')
  @ApiOperation({ operationId: 'listGiftCardEntries', summary: 'The statement of a gift card, newest first' })
  @ApiOkResponse({ type: CreditEntryPage })
  entries(@IdParam() id: string, @Query() query: ListQuery): Promise<Page<CreditEntryDetailsView>> {
    return this.queries.execute(new ListCreditEntriesQuery(id, 'gift_card', query));
  }

  @Post(':id/void')
  @HttpCode(200)
  @Allow('credit:write')
  @Idempotent({ required: true })
  @Problems('ledger.credit-not-found', 'ledger.credit-not-active')
  @ApiOperation({
    operationId: 'voidGiftCard',
    summary: 'Withdraw a gift card',
    description: 'What an order has of it already stays the order’s.',
  })
  @ApiOkResponse({ type: CreditDetailsView })
  void(@IdParam() id: string, @Body() { note }: CreditNoteBody): Promise<CreditDetailsView> {
    return this.commands.execute(new VoidCreditCommand({ creditId: id, kind: 'gift_card', note }));
  }
}

/** How gift cards are made. */
@ApiTags('gift-cards')
@Controller('gift-card-rules')
export class GiftCardRulesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('credit:read')
  @ApiOperation({ operationId: 'getGiftCardRules', summary: 'Read how gift cards are made' })
  @ApiOkResponse({ type: GiftCardRulesView })
  get(): Promise<GiftCardRulesView> {
    return this.queries.execute(new GiftCardRulesQuery());
  }

  @Put()
  @Allow('credit:write')
  @ApiOperation({
    operationId: 'saveGiftCardRules',
    summary: 'Say how gift cards are made',
    description:
      'How long new ones are valid, and which SKUs sell them. Cards that are there already stay as they are.',
  })
  @ApiOkResponse({ type: GiftCardRulesView })
  save(@Body() { validDays, remindDays, skus = [] }: GiftCardRulesBody): Promise<GiftCardRulesView> {
    return this.commands.execute(new SaveGiftCardRulesCommand({ validDays, remindDays, skus }));
  }
}
