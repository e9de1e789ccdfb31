import { Body, Controller, Get, Header, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../../../kernel/auth/decorators';
import { runInContext } from '../../../kernel/context/request-context';
import { AppError } from '../../../kernel/errors/app-error';
import { Consumes } from '../../../kernel/http/decorators';
import { AcceptQuoteCommand, DeclineQuoteCommand } from '../commands/decide-quote';
import { readQuoteLink } from '../domain/quote-link';
import type { QuoteView } from '../domain/quote-view';
import { quoteNotFound } from '../domain/quotes.errors';
import { QuoteByLinkQuery } from '../queries/quotes';
import { quotePage } from './quote.page';
import { QuoteAnswerBody } from './quotes.dto';

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/** The page that a mailed offer leads to, for browsers. Reading it changes nothing: mail scanners follow links. */
@ApiExcludeController()
@Controller('quote-links')
export class QuotePageController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get(':link')
  @Public()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', POLICY)
  async show(@Param('link') link: string): Promise<string> {
    return quotePage((await this.find(link)).quote, null);
  }

  @Post(':link')
  @Public()
  @HttpCode(200)
  @Consumes('application/x-www-form-urlencoded')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', POLICY)
  async answer(@Param('link') link: string, @Body() { decision }: QuoteAnswerBody): Promise<string> {
    const { quote, tenantId, token } = await this.find(link);
    const asked = { quoteId: quote.id, token };
    const command = decision === 'accept' ? new AcceptQuoteCommand(asked) : new DeclineQuoteCommand(asked);
    let problem: string | null = null;
    try {
      await runInContext({ tenantId }, () => this.commands.execute(command));
    } catch (error) {
      // Sold out, ended or decided meanwhile: the page says so, and shows what the offer is now.
      if (!(error instanceof AppError) || error.kind !== 'conflict') throw error;
      problem = error.detail;
    }
    return quotePage((await this.find(link)).quote, problem);
  }

  private async find(link: string): Promise<{ quote: QuoteView; tenantId: string; token: string }> {
    const place = readQuoteLink(link);
    const quote = place && (await this.queries.execute(new QuoteByLinkQuery(place.tenantId, place.token)));
    if (!quote) throw quoteNotFound();
    return { quote, ...place };
  }
}
