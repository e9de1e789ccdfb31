import { applyDecorators, Controller, Get, Headers, Query, Res, type Type } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import {
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { BrandingQuery } from '../../../access/organizations/contracts/branding';
import { Allow } from '../../../kernel/auth/decorators';
import { currentContext } from '../../../kernel/context/request-context';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { reportCsv, reportFileName, reportPdf } from '../adapters/report-files';
import type { FinanceReport, ReportName } from '../domain/reports';
import { FinanceReportQuery, type ReportRequest } from '../queries/finance-report';
import {
  CashFlowParams,
  CashFlowView,
  ProfitAndLossParams,
  ProfitAndLossView,
  ReceivablesParams,
  ReceivablesView,
  StockValueParams,
  StockValueView,
  TaxReportParams,
  TaxReportView,
  TrialBalanceReportParams,
  TrialBalanceReportView,
  type Format,
} from './finance.dto';

const FILES = { csv: 'text/csv', pdf: 'application/pdf' } as const;
const FORMS = 'As JSON, CSV (`Accept: text/csv` or `?format=csv`) or PDF. Currencies are never added up.';

/** What all reports have in common. */
const ReportRoute = (operationId: string, summary: string, description: string, view: Type): MethodDecorator =>
  applyDecorators(
    Allow('finance:read'),
    RateLimit('heavy'),
    Problems('ledger.period-invalid', 'ledger.grouping-invalid', { 'ledger.report-too-long': 400 }),
    ApiOperation({ operationId, summary, description: `${description} ${FORMS}` }),
    ApiHeader({
      name: 'accept',
      required: false,
      description: 'The form that is wanted, where `format` does not say it.',
    }),
    ApiProduces('application/json', FILES.csv, FILES.pdf),
    ApiExtraModels(view),
    ApiOkResponse({
      content: {
        'application/json': { schema: { $ref: getSchemaPath(view) } },
        [FILES.csv]: { schema: { type: 'string' } },
        [FILES.pdf]: { schema: { type: 'string', format: 'binary' } },
      },
    }),
  );

/** Financial reports, from the journal alone. */
@ApiTags('finance')
@Controller('finance/reports')
export class FinanceController {
  constructor(private readonly queries: QueryBus) {}

  @Get('profit-and-loss')
  @ReportRoute(
    'getProfitAndLoss',
    'Report: profit and loss',
    'Revenue when goods left, their cost, gross margin and what remains, by product, channel, country and period.',
    ProfitAndLossView,
  )
  profitAndLoss(@Query() query: ProfitAndLossParams, @Res() reply: FastifyReply, @Headers('accept') accept?: string) {
    return this.send('profit-and-loss', query, reply, accept);
  }

  @Get('cash-flow')
  @ReportRoute(
    'getCashFlow',
    'Report: cash flow',
    'What came in and went out of bank and payments in transit (accounts 10.. and 11..), by purpose, provider and period. Payouts stay within.',
    CashFlowView,
  )
  cashFlow(@Query() query: CashFlowParams, @Res() reply: FastifyReply, @Headers('accept') accept?: string) {
    return this.send('cash-flow', query, reply, accept);
  }

  @Get('receivables')
  @ReportRoute(
    'getReceivables',
    'Report: aged receivables',
    'What was owed just before `to` (account 1200), by customer or document and by age in days.',
    ReceivablesView,
  )
  receivables(@Query() query: ReceivablesParams, @Res() reply: FastifyReply, @Headers('accept') accept?: string) {
    return this.send('receivables', query, reply, accept);
  }

  @Get('tax')
  @ReportRoute(
    'getTaxReport',
    'Report: tax due',
    'Tax payable (account 2200): charged, given back, handed over and due, by country, channel and period.',
    TaxReportView,
  )
  tax(@Query() query: TaxReportParams, @Res() reply: FastifyReply, @Headers('accept') accept?: string) {
    return this.send('tax', query, reply, accept);
  }

  @Get('stock-value')
  @ReportRoute(
    'getStockValue',
    'Report: stock value',
    'Stock at the cost of its lots (account 1300), by product and period.',
    StockValueView,
  )
  stockValue(@Query() query: StockValueParams, @Res() reply: FastifyReply, @Headers('accept') accept?: string) {
    return this.send('stock-value', query, reply, accept);
  }

  @Get('trial-balance')
  @ReportRoute(
    'getTrialBalanceReport',
    'Report: trial balance',
    'Every account with what stood there, debits, credits and balance, by period.',
    TrialBalanceReportView,
  )
  trialBalance(
    @Query() query: TrialBalanceReportParams,
    @Res() reply: FastifyReply,
    @Headers('accept') accept?: string,
  ) {
    return this.send('trial-balance', query, reply, accept);
  }

  private async send(
    name: ReportName,
    { format, ...request }: ReportRequest & { format?: Format },
    reply: FastifyReply,
    accept = '',
  ): Promise<void> {
    const report: FinanceReport = await this.queries.execute(new FinanceReportQuery(name, request));
    reply.header('cache-control', 'private, no-store').header('vary', 'Accept');
    const as = format ?? preferred(accept);
    if (as === 'json') {
      await reply.send(report);
      return;
    }
    const file = `${reportFileName(report)}.${as}`;
    const type = as === 'csv' ? `${FILES.csv}; charset=utf-8` : FILES.pdf;
    const disposition = `${as === 'csv' ? 'attachment' : 'inline'}; filename="${file}"`;
    if (as === 'csv') {
      const rows = Readable.from(reportCsv(report), { objectMode: false });
      await reply.header('content-type', type).header('content-disposition', disposition).send(rows);
      return;
    }
    const branding = await this.queries.execute(new BrandingQuery(currentContext().tenantId!));
    const head = { name: branding?.name ?? '', color: branding?.primaryColor ?? '#1f2937' };
    const pdf = await reportPdf(report, head);
    await reply.header('content-type', type).header('content-disposition', disposition).send(pdf);
  }
}

/** Of what `Accept` names, the form with the greatest weight (RFC 9110, 12.5.1); JSON where it does not matter. */
export function preferred(accept: string): Format {
  let [best, weight]: [Format, number] = ['json', 0];
  for (const part of accept.split(',')) {
    const [type, ...terms] = part.split(';').map((text) => text.trim().toLowerCase());
    const q = Number(terms.find((term) => term.startsWith('q='))?.slice(2) ?? 1);
    const form: Format | null =
      type === FILES.csv
        ? 'csv'
        : type === FILES.pdf
          ? 'pdf'
          : /^(?:application\/json|application\/\*|\*\/\*)$/.test(type)
            ? 'json'
            : null;
    if (form && q > weight) [best, weight] = [form, q];
  }
  return best;
}
