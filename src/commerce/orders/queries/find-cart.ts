import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { together } from '../../../kernel/database/together';
import { cartOf, readCart, type StoredCartRow } from '../data/cart.repository';
import { quoteOf } from '../domain/cart-quote';
import { cartViewOf, type CartView } from '../domain/cart-view';
import { cartNotFound } from '../domain/orders.errors';
import { availableOf, sellablesFor, shopperAsking, spentBy } from './sellables';

/** A cart at today's prices. @throws AppError not-found `orders.cart-not-found` */
export class FindCartQuery extends Query<CartView> {
  constructor(readonly secret: string) {
    super();
  }
}

@QueryHandler(FindCartQuery)
export class FindCartHandler implements IQueryHandler<FindCartQuery> {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ secret }: FindCartQuery): Promise<CartView> {
    const { text, params } = readCart(secret, currentContext());
    const [[row], { customerId, groupIds }] = await together(
      () => this.database.read<StoredCartRow>(text, params),
      () => shopperAsking(this.queries),
    );
    if (!row) throw cartNotFound();
    const cart = cartOf(row);
    const now = this.clock.now();
    const [variants, spent] = await together(
      () => sellablesFor(this.queries, cart, groupIds, now),
      () => spentBy(this.database, customerId, cart.promotions),
    );
    const quote = quoteOf(cart.lines, variants, { ...cart, groupIds, spent, now });
    const available = await availableOf(this.queries, variants);
    return cartViewOf(secret, cart, variants, quote, { available, now });
  }
}
