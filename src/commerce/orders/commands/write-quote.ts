import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Injectable } from '@nestjs/common';
import { SendMessageCommand } from '../../../engagement/notifications/contracts/send-message';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId, newSecret } from '../../../kernel/ids/ids';
import { allocate } from '../../../kernel/money/money';
import { QuoteRepository } from '../data/quote.repository';
import { demandAddress } from '../domain/address-rules';
import { quoteWhole, type CartLine } from '../domain/cart-quote';
import { STANDARD_CATEGORY, taxTermsOf } from '../domain/checkout-settings';
import { CustomerQuote, type QuoteTerms } from '../domain/customer-quote';
import type { ShippingAddress } from '../domain/new-order';
import { lineName } from '../domain/order-line';
import { calculate } from '../domain/price-calculation';
import { QUOTE_TOKEN_PREFIX, quoteLink, quoteTokenHash } from '../domain/quote-link';
import { quoteViewOf, type QuoteView } from '../domain/quote-view';
import { quoteDiscountTooLarge, quoteNotFound } from '../domain/quotes.errors';
import { FindCheckoutSettingsQuery } from '../queries/find-checkout-settings';
import { ExpireQuote } from '../reactions/expire-quote';
import { OrderPlacement } from './order-placement';

/** What staff says of a quote; amounts in minor units. */
export interface QuoteRequest {
  email: string;
  shippingAddress: ShippingAddress;
  /** `unitPrice`: default today's price of the catalogue, without price lists of groups. Each SKU once. */
  lines: readonly (CartLine & { unitPrice?: number })[];
  /** ISO 4217; default that of the goods' own prices. */
  currency?: string;
  /** Off all goods together, spread over them. */
  discount?: number;
  shipping?: number;
  validDays: number;
  note?: string;
}

/**
 * Makes a quote, which nobody sees yet.
 * @throws AppError invalid `orders.unknown-sku`, `orders.quote-discount-too-large`, `orders.address-invalid`,
 *   conflict `orders.not-for-sale`, `orders.no-price-in-currency`, `orders.mixed-currencies`
 */
export class CreateQuoteCommand extends Command<QuoteView> {
  constructor(readonly request: QuoteRequest) {
    super();
  }
}

/** Writes a draft anew. @throws as `CreateQuoteCommand`, and not-found `orders.quote-not-found`, conflict `orders.quote-transition-refused` */
export class RewriteQuoteCommand extends Command<QuoteView> {
  constructor(
    readonly quoteId: string,
    readonly request: QuoteRequest,
  ) {
    super();
  }
}

/**
 * Mails a quote with a link that opens it; from now on it holds for its days. Sent again it has a new link and a new time.
 * @throws AppError not-found `orders.quote-not-found`, conflict `orders.quote-transition-refused`
 */
export class SendQuoteCommand extends Command<QuoteView> {
  constructor(readonly quoteId: string) {
    super();
  }
}

/** Prices what staff offers. */
@Injectable()
export class QuoteDesk {
  constructor(
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly placement: OrderPlacement,
  ) {}

  async terms({ lines, discount = 0, shipping, ...request }: QuoteRequest): Promise<QuoteTerms> {
    demandAddress(request.shippingAddress, '/shippingAddress');
    const { variants } = await this.placement.sellables(lines, request.currency ?? null, null);
    const own = new Map(lines.map(({ sku, unitPrice }) => [sku, unitPrice]));
    const priced = variants.map((variant) => ({
      ...variant,
      price: { ...variant.price, amount: own.get(variant.sku) ?? variant.price.amount },
    }));
    const settings = await this.queries.execute(new FindCheckoutSettingsQuery());
    const quote = quoteWhole(lines, priced, {
      settings,
      destination: null,
      promotions: [],
      methods: [],
      methodId: null,
      groupIds: [],
      now: this.clock.now(),
    });
    const { currency } = quote;
    const goods = quote.figures.subtotal;
    if (discount > goods) throw quoteDiscountTooLarge({ amount: goods, currency });
    const weights = quote.lines.map(({ unitPrice, quantity }) => unitPrice * quantity);
    const parts =
      discount === 0 ? weights.map(() => ({ amount: 0 })) : allocate({ amount: discount, currency }, weights);
    const { lines: sums, ...figures } = calculate(
      currency,
      quote.lines.map(({ unitPrice, quantity, taxCategory }, index) => ({
        unitPrice,
        quantity,
        discount: parts[index].amount,
        taxCategory: taxCategory ?? STANDARD_CATEGORY,
      })),
      shipping === undefined ? null : { amount: shipping, taxCategory: settings.shippingTaxCategory },
      taxTermsOf(settings, request.shippingAddress.country ?? settings.defaultCountry),
    );
    return {
      email: request.email,
      shippingAddress: request.shippingAddress,
      currency,
      total: figures.total,
      content: { lines: quote.lines.map((line, index) => ({ ...line, ...sums[index] })), figures },
      note: request.note ?? null,
      validDays: request.validDays,
    };
  }
}

@CommandHandler(CreateQuoteCommand)
export class CreateQuoteHandler implements ICommandHandler<CreateQuoteCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly desk: QuoteDesk,
    private readonly quotes: QuoteRepository,
  ) {}

  execute({ request }: CreateQuoteCommand): Promise<QuoteView> {
    return this.uow.run(async () => {
      const quote = CustomerQuote.draft(newId(), await this.desk.terms(request), this.clock.now());
      await this.quotes.insert(quote);
      return quoteViewOf(quote.record);
    });
  }
}

@CommandHandler(RewriteQuoteCommand)
export class RewriteQuoteHandler implements ICommandHandler<RewriteQuoteCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly desk: QuoteDesk,
    private readonly quotes: QuoteRepository,
  ) {}

  execute({ quoteId, request }: RewriteQuoteCommand): Promise<QuoteView> {
    return this.uow.run(async () => {
      const quote = await this.quotes.lock(quoteId);
      if (!quote) throw quoteNotFound();
      quote.rewrite(await this.desk.terms(request));
      await this.quotes.save(quote);
      return quoteViewOf(quote.record);
    });
  }
}

@CommandHandler(SendQuoteCommand)
export class SendQuoteHandler implements ICommandHandler<SendQuoteCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly quotes: QuoteRepository,
  ) {}

  execute({ quoteId }: SendQuoteCommand): Promise<QuoteView> {
    return this.uow.run(async (tx) => {
      const quote = await this.quotes.lock(quoteId);
      if (!quote) throw quoteNotFound();
      const token = `${QUOTE_TOKEN_PREFIX}${newSecret()}`;
      const validUntil = quote.send(quoteTokenHash(token), this.clock.now());
      await this.quotes.save(quote);
      tx.timer(ExpireQuote, { quoteId }, validUntil);
      const { id, number, email, total, currency, content, version } = quote.record;
      await this.commands.execute(
        new SendMessageCommand({
          to: email,
          template: 'quote',
          data: {
            number,
            lines: content.lines.map((line) => ({ sku: line.sku, name: lineName(line), quantity: line.quantity })),
            total: { amount: total, currency },
            validUntil: validUntil.toISOString(),
            linkToken: quoteLink(tx.tenantId, token),
          },
          dedupeKey: `quote/${id}/${version}`,
        }),
      );
      return quoteViewOf(quote.record);
    });
  }
}
