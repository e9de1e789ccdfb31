import { Body, Controller, Get, Headers, HttpCode, Post, Put, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, CurrentPrincipal, Public } from '../../../kernel/auth/decorators';
import { hasPermission, type Principal } from '../../../kernel/auth/principal';
import { IdParam, Idempotent, Problems, RateLimit } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { AcceptQuoteCommand, DeclineQuoteCommand, WithdrawQuoteCommand } from '../commands/decide-quote';
import { CreateQuoteCommand, RewriteQuoteCommand, SendQuoteCommand, type QuoteRequest } from '../commands/write-quote';
import { quoteTokenRequired } from '../domain/quotes.errors';
import { QuotePaperQuery } from '../queries/quote-paper';
import { FindQuoteQuery, ListQuotesQuery } from '../queries/quotes';
import { quotePdf } from '../adapters/quote-pdf';
import { AcceptedQuoteView, DeclineQuoteBody, ListQuotesParams, QuoteBody, QuoteDetailsView } from './quotes.dto';

const QUOTE_TOKEN = { name: 'X-Quote-Token', required: false, description: 'The token of the mailed link, `qt_...`.' };
const FOUND = ['orders.quote-not-found', { 'orders.quote-token-required': 401 }] as const;
const OPEN = ['orders.quote-transition-refused', 'orders.quote-ended', 'orders.stale-quote'] as const;
const PRICED = [
  'orders.not-for-sale',
  'orders.no-price-in-currency',
  'orders.mixed-currencies',
  {
    'orders.unknown-sku': 400,
    'orders.quantity-too-large': 400,
    'orders.quote-discount-too-large': 400,
    'orders.address-invalid': 400,
  },
] as const;

/** Offers to customers, which become orders. */
@ApiTags('quotes')
@Controller('quotes')
export class QuotesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('orders:read')
  @ApiOperation({ operationId: 'listQuotes', summary: 'List quotes', description: 'Sorts: createdAt, newest first.' })
  @ApiOkResponse({ type: pageOf(QuoteDetailsView) })
  list(@Query() query: ListQuotesParams): Promise<Page<QuoteDetailsView>> {
    return this.queries.execute(new ListQuotesQuery(query));
  }

  @Post()
  @Allow('orders:write')
  @Idempotent()
  @Problems(...PRICED)
  @ApiOperation({ operationId: 'createQuote', summary: 'Make a quote; nobody sees it before it is sent' })
  @ApiCreatedResponse({ type: QuoteDetailsView })
  create(@Body() body: QuoteBody): Promise<QuoteDetailsView> {
    return this.commands.execute(new CreateQuoteCommand(requestOf(body)));
  }

  @Put(':id')
  @Allow('orders:write')
  @Problems('orders.quote-not-found', 'orders.quote-transition-refused', 'orders.stale-quote', ...PRICED)
  @ApiOperation({ operationId: 'rewriteQuote', summary: 'Write a draft anew' })
  @ApiOkResponse({ type: QuoteDetailsView })
  rewrite(@IdParam() id: string, @Body() body: QuoteBody): Promise<QuoteDetailsView> {
    return this.commands.execute(new RewriteQuoteCommand(id, requestOf(body)));
  }

  @Get(':id')
  @ApiHeader(QUOTE_TOKEN)
  @Public({ tenant: 'required' })
  @Problems(...FOUND)
  @ApiOperation({ operationId: 'getQuote', summary: 'Read a quote, as staff or with the token of its link' })
  @ApiOkResponse({ type: QuoteDetailsView })
  get(
    @IdParam() id: string,
    @CurrentPrincipal() principal: Principal,
    @Headers('x-quote-token') token?: string,
  ): Promise<QuoteDetailsView> {
    return this.queries.execute(new FindQuoteQuery(id, tokenFor(principal, 'orders:read', token)));
  }

  @Get(':id/document.pdf')
  @ApiHeader(QUOTE_TOKEN)
  @Public({ tenant: 'required' })
  @RateLimit('heavy')
  @Problems(...FOUND)
  @ApiOperation({ operationId: 'getQuoteDocument', summary: 'A quote as PDF' })
  @ApiProduces('application/pdf')
  @ApiOkResponse({ content: { 'application/pdf': { schema: { type: 'string', format: 'binary' } } } })
  async document(
    @IdParam() id: string,
    @CurrentPrincipal() principal: Principal,
    @Res() reply: FastifyReply,
    @Headers('x-quote-token') token?: string,
  ): Promise<void> {
    const paper = await this.queries.execute(new QuotePaperQuery(id, tokenFor(principal, 'orders:read', token)));
    await reply
      .header('content-type', 'application/pdf')
      .header('content-disposition', `inline; filename="${paper.quote.number}.pdf"`)
      .send(await quotePdf(paper));
  }

  @Post(':id/send')
  @HttpCode(200)
  @Allow('orders:write')
  @Idempotent()
  @Problems('orders.quote-not-found', 'orders.quote-transition-refused', 'orders.stale-quote')
  @ApiOperation({
    operationId: 'sendQuote',
    summary: 'Mail a quote with its link',
    description:
      'It holds for its days from now on. Sent again, it has a new link, and the one of before opens nothing.',
  })
  @ApiOkResponse({ type: QuoteDetailsView })
  send(@IdParam() id: string): Promise<QuoteDetailsView> {
    return this.commands.execute(new SendQuoteCommand(id));
  }

  @Post(':id/accept')
  @HttpCode(200)
  @ApiHeader(QUOTE_TOKEN)
  @Public({ tenant: 'required' })
  @Idempotent({ required: true })
  @Problems(...FOUND, ...OPEN, 'inventory.out-of-stock')
  @ApiOperation({
    operationId: 'acceptQuote',
    summary: 'Make a quote an order, once',
    description:
      'By the customer with the token of the link, or by staff for them. The order waits 72 hours for its payment with its stock held: POST /orders/:id/payments.',
  })
  @ApiOkResponse({ type: AcceptedQuoteView })
  accept(
    @IdParam() id: string,
    @CurrentPrincipal() principal: Principal,
    @Headers('x-quote-token') token?: string,
  ): Promise<AcceptedQuoteView> {
    return this.commands.execute(
      new AcceptQuoteCommand({ quoteId: id, token: tokenFor(principal, 'orders:write', token) }),
    );
  }

  @Post(':id/decline')
  @HttpCode(200)
  @ApiHeader(QUOTE_TOKEN)
  @Public({ tenant: 'required' })
  @Idempotent()
  @Problems(...FOUND, ...OPEN)
  @ApiOperation({ operationId: 'declineQuote', summary: 'Decline a quote' })
  @ApiOkResponse({ type: QuoteDetailsView })
  decline(
    @IdParam() id: string,
    @Body() body: DeclineQuoteBody,
    @CurrentPrincipal() principal: Principal,
    @Headers('x-quote-token') token?: string,
  ): Promise<QuoteDetailsView> {
    const quote = { quoteId: id, token: tokenFor(principal, 'orders:write', token) };
    return this.commands.execute(new DeclineQuoteCommand({ ...quote, reason: body?.reason }));
  }

  @Post(':id/withdraw')
  @HttpCode(200)
  @Allow('orders:write')
  @Idempotent()
  @Problems('orders.quote-not-found', 'orders.quote-transition-refused', 'orders.stale-quote')
  @ApiOperation({ operationId: 'withdrawQuote', summary: 'Take a quote back' })
  @ApiOkResponse({ type: QuoteDetailsView })
  withdraw(@IdParam() id: string): Promise<QuoteDetailsView> {
    return this.commands.execute(new WithdrawQuoteCommand(id));
  }
}

const requestOf = (body: QuoteBody): QuoteRequest => {
  const { shippingAddress } = body;
  return { ...body, shippingAddress: { ...shippingAddress, postalCode: shippingAddress.postalCode ?? null } };
};

/** Undefined for staff. @throws AppError unauthenticated `orders.quote-token-required` */
function tokenFor(principal: Principal, permission: string, token: string | undefined): string | undefined {
  if (hasPermission(principal, permission)) return undefined;
  if (!token) throw quoteTokenRequired();
  return token;
}
