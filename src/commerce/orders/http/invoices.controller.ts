import { Controller, Get, Headers, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal, Public } from '../../../kernel/auth/decorators';
import type { Principal } from '../../../kernel/auth/principal';
import { IdParam, Problems, RateLimit } from '../../../kernel/http/decorators';
import { invoicePdf } from '../adapters/invoice-pdf';
import { IssueInvoiceCommand } from '../commands/issue-invoice';
import { FindOrderQuery } from '../queries/find-order';
import { viewerOf } from './viewer';

@ApiTags('orders')
@Controller('orders')
export class InvoicesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get(':id/invoice.pdf')
  @ApiHeader({
    name: 'X-Order-Token',
    required: false,
    description: 'The `accessToken` of the checkout, where Authorization is used for something else.',
  })
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
    const file = await invoicePdf(invoice);
    const name = invoice.number.replace(/[^\w.-]/g, '_');
    await reply
      .header('content-type', 'application/pdf')
      .header('content-disposition', `inline; filename="${name}.pdf"`)
      .header('cache-control', 'private, no-store')
      .send(file);
  }
}
