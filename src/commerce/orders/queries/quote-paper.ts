import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { BrandingQuery } from '../../../access/organizations/contracts/branding';
import { currentContext } from '../../../kernel/context/request-context';
import { OrderPolicies } from '../data/order-policies';
import type { InvoiceDocument } from '../domain/invoice';
import type { QuoteView } from '../domain/quote-view';
import { FindQuoteQuery } from './quotes';

/** A quote and who offers it. */
export interface QuotePaper {
  quote: QuoteView;
  seller: InvoiceDocument['seller'];
}

/** What a quote's document says. @throws as `FindQuoteQuery` */
export class QuotePaperQuery extends Query<QuotePaper> {
  constructor(
    readonly quoteId: string,
    readonly token?: string,
  ) {
    super();
  }
}

@QueryHandler(QuotePaperQuery)
export class QuotePaperHandler implements IQueryHandler<QuotePaperQuery> {
  constructor(
    private readonly queries: QueryBus,
    private readonly policies: OrderPolicies,
  ) {}

  async execute({ quoteId, token }: QuotePaperQuery): Promise<QuotePaper> {
    const quote = await this.queries.execute(new FindQuoteQuery(quoteId, token));
    const branding = await this.queries.execute(new BrandingQuery(currentContext().tenantId!));
    const { sellerName, sellerAddress, taxId, footer } = (await this.policies.find()).invoicing;
    return {
      quote,
      seller: {
        name: sellerName ?? branding?.name ?? '',
        address: sellerAddress ?? null,
        taxId: taxId ?? null,
        footer: footer ?? null,
        color: branding?.primaryColor ?? '#1f2937',
      },
    };
  }
}
