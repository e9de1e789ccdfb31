import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { sha256 } from '../../../kernel/crypto/hashing';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId, newSecret } from '../../../kernel/ids/ids';
import { EnsureCustomerCommand } from '../../customers/contracts/ensure-customer';
import { QuoteRepository } from '../data/quote.repository';
import type { CustomerQuote } from '../domain/customer-quote';
import { Order } from '../domain/order';
import { orderTokenOf } from '../domain/order-access';
import type { OrderView } from '../domain/order-view';
import { quoteTokenHash } from '../domain/quote-link';
import { quoteViewOf, type QuoteView } from '../domain/quote-view';
import { quoteNotFound } from '../domain/quotes.errors';
import { OrderPlacement } from './order-placement';
import { OrderViews } from './order-views';

/** Who decides on a quote: staff (no token), or whoever has the token of its link. */
interface Decider {
  quoteId: string;
  token?: string;
}

/** What a quote became. */
export interface AcceptedQuote {
  order: OrderView;
  /** The token by which the customer reads and pays the order. */
  accessToken: string;
}

/**
 * Makes a quote an order at its prices, once: its stock is held in the same commit while it waits for its payment.
 * @throws AppError not-found `orders.quote-not-found`, conflict `orders.quote-transition-refused`, `orders.quote-ended`,
 *   `inventory.out-of-stock`
 */
export class AcceptQuoteCommand extends Command<AcceptedQuote> {
  constructor(readonly request: Decider) {
    super();
  }
}

export class DeclineQuoteCommand extends Command<QuoteView> {
  constructor(readonly request: Decider & { reason?: string }) {
    super();
  }
}

/** The shop takes a quote back. */
export class WithdrawQuoteCommand extends Command<QuoteView> {
  constructor(readonly quoteId: string) {
    super();
  }
}

/** A quote whose time is over ends; any other stays as it is. */
export class ExpireQuoteCommand extends Command<void> {
  constructor(
    readonly quoteId: string,
    /** The present, as its timer was told. */
    readonly now: Date,
  ) {
    super();
  }
}

/** @throws AppError not-found `orders.quote-not-found`, also for another token than its own */
async function lockFor(quotes: QuoteRepository, { quoteId, token }: Decider): Promise<CustomerQuote> {
  const quote = await quotes.lock(quoteId);
  const opened = token === undefined || quote?.record.tokenHash?.equals(quoteTokenHash(token));
  if (!quote || !opened) throw quoteNotFound();
  return quote;
}

@CommandHandler(AcceptQuoteCommand)
export class AcceptQuoteHandler implements ICommandHandler<AcceptQuoteCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly quotes: QuoteRepository,
    private readonly placement: OrderPlacement,
    private readonly views: OrderViews,
  ) {}

  execute({ request }: AcceptQuoteCommand): Promise<AcceptedQuote> {
    return this.uow.run(async (tx) => {
      const quote = await lockFor(this.quotes, request);
      const at = this.clock.now();
      quote.demandOpen('accepted', at);
      const { id: quoteId, email, shippingAddress, currency, content } = quote.record;
      const { id: customerId } = await this.commands.execute(
        new EnsureCustomerCommand({ email, name: shippingAddress.name ?? undefined, userId: null }),
      );
      const id = newId();
      const accessToken = orderTokenOf(newSecret(), id);
      const order = Order.place(
        {
          id,
          cartId: null,
          customerId,
          userId: null,
          email,
          shippingAddress,
          currency,
          lines: content.lines,
          figures: content.figures,
          discounts: [],
          shippingMethod: null,
          accessTokenHash: sha256(accessToken),
          holdExpiresAt: this.placement.payUntil(),
          placedFrom: null,
          origin: { kind: 'quote', id: quoteId },
        },
        at,
      );
      await this.placement.place(tx, order, await this.placement.demandOf(content.lines));
      quote.accept(id, at);
      await this.quotes.save(quote);
      return { order: await this.views.of(order), accessToken };
    });
  }
}

@CommandHandler(DeclineQuoteCommand)
export class DeclineQuoteHandler implements ICommandHandler<DeclineQuoteCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly quotes: QuoteRepository,
  ) {}

  execute({ request }: DeclineQuoteCommand): Promise<QuoteView> {
    return this.uow.run(async () => {
      const quote = await lockFor(this.quotes, request);
      quote.decline(request.reason ?? null, this.clock.now());
      await this.quotes.save(quote);
      return quoteViewOf(quote.record);
    });
  }
}

@CommandHandler(WithdrawQuoteCommand)
export class WithdrawQuoteHandler implements ICommandHandler<WithdrawQuoteCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly quotes: QuoteRepository,
  ) {}

  execute({ quoteId }: WithdrawQuoteCommand): Promise<QuoteView> {
    return this.uow.run(async () => {
      const quote = await lockFor(this.quotes, { quoteId });
      quote.withdraw(this.clock.now());
      await this.quotes.save(quote);
      return quoteViewOf(quote.record);
    });
  }
}

@CommandHandler(ExpireQuoteCommand)
export class ExpireQuoteHandler implements ICommandHandler<ExpireQuoteCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly quotes: QuoteRepository,
  ) {}

  execute({ quoteId, now }: ExpireQuoteCommand): Promise<void> {
    return this.uow.run(async () => {
      const quote = await this.quotes.lock(quoteId);
      if (quote?.expire(now)) await this.quotes.save(quote);
    });
  }
}

export const QUOTE_DECISIONS = [AcceptQuoteHandler, DeclineQuoteHandler, WithdrawQuoteHandler, ExpireQuoteHandler];
