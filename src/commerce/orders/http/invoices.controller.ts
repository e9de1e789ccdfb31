import { Controller, Get, Headers, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal, Public } from '../../../kernel/auth/decorators';
import type { Principal } from '../../../kernel/auth/principal';
import { IdParam, Problems, RateLimit } from '../../../kernel/http/decorators';
import { creditNotePdf, invoicePdf } from '../adapters/invoice-pdf';
import { IssueInvoiceCommand } from '../commands/issue-invoice';
import { creditNoteNotFound } from '../domain/orders.errors';
import { ListCreditNotesQuery } from '../queries/credit-notes';
import { FindOrderQuery } from '../queries/find-order';
import { CreditNotesView, creditNoteViewOf } from './invoices.dto';
import { viewerOf } from './viewer';

const ORDER_TOKEN = {
  name: 'X-Order-Token',
  required: false,
  description: 'The `accessToken` of the checkout, where Authorization is used for something else.',
};

@ApiTags('orders')
@Controller('orders')
export class InvoicesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get(':id/invoice.pdf')
  @ApiHeader(ORDER_TOKEN)
  @Public({ tenant: 'required' })
  @RateLimit('heavy')
  @Problems('orders.order-not-found', { 'orders.not-invoiced': 409, 'orders.token-required': 401 })
  @ApiOperation({
    operationId: 'getInvoice',
    summary: 'The invoice of a paid order, for whoever may see the order',
    description: 'Given the shop’s next number when it is first asked for, and the same ever after.',
  })
  @ApiProduces('application/pdf')
  @ApiOkResponse({ content: { 'application/pdf': { schema: { type: 'string', format: 'binary' } } } })
  async get(
    @IdParam() id: string,
    @CurrentPrincipal() principal: Principal,
    @Res() reply: FastifyReply,
    @Headers('authorization') authorization?: string,
    @Headers('x-order-token') orderToken?: string,
  ): Promise<void> {
    const viewer = viewerOf(principal, { authorization, orderToken }, 'orders:read');
    await this.queries.execute(new FindOrderQuery(id, viewer));
    const invoice = await this.commands.execute(new IssueInvoiceCommand(id));
    await send(reply, invoice.number, await invoicePdf(invoice));
  }

  @Get(':id/credit-notes')
  @ApiHeader(ORDER_TOKEN)
  @Public({ tenant: 'required' })
  @Problems('orders.order-not-found', { 'orders.token-required': 401 })
  @ApiOperation({
    operationId: 'listCreditNotes',
    summary: 'List what corrects the invoice of an order, for whoever may see the order',
    description: 'One for each refund, made by itself, in a series of numbers of their own.',
  })
  @ApiOkResponse({ type: CreditNotesView })
  async creditNotes(
    @IdParam() id: string,
    @CurrentPrincipal() principal: Principal,
    @Headers('authorization') authorization?: string,
    @Headers('x-order-token') orderToken?: string,
  ): Promise<CreditNotesView> {
    const viewer = viewerOf(principal, { authorization, orderToken }, 'orders:read');
    const notes = await this.queries.execute(new ListCreditNotesQuery(id, viewer));
    return { data: notes.map(creditNoteViewOf) };
  }

  @Get(':id/credit-notes/:creditNoteId/document.pdf')
  @ApiHeader(ORDER_TOKEN)
  @Public({ tenant: 'required' })
  @RateLimit('heavy')
  @Problems('orders.order-not-found', 'orders.credit-note-not-found', { 'orders.token-required': 401 })
  @ApiOperation({
    operationId: 'getCreditNote',
    summary: 'A credit note as PDF, for whoever may see the order',
  })
  @ApiProduces('application/pdf')
  @ApiOkResponse({ content: { 'application/pdf': { schema: { type: 'string', format: 'binary' } } } })
  async creditNote(
    @IdParam() id: string,
    @IdParam('creditNoteId') creditNoteId: string,
    @CurrentPrincipal() principal: Principal,
    @Res() reply: FastifyReply,
    @Headers('authorization') authorization?: string,
    @Headers('x-order-token') orderToken?: string,
  ): Promise<void> {
    const viewer = viewerOf(principal, { authorization, orderToken }, 'orders:read');
    const notes = await this.queries.execute(new ListCreditNotesQuery(id, viewer));
    const note = notes.find((each) => each.id === creditNoteId);
    if (!note) throw creditNoteNotFound();
    await send(reply, note.document.number, await creditNotePdf(note.document));
  }
}

async function send(reply: FastifyReply, number: string, file: Buffer): Promise<void> {
  const name = number.replace(/[^\w.-]/g, '_');
  await reply
    .header('content-type', 'application/pdf')
    .header('content-disposition', `inline; filename="${name}.pdf"`)
    .header('cache-control', 'private, no-store')
    .send(file);
}
