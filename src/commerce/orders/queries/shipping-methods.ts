import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { together } from '../../../kernel/database/together';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { cartOf, readCart, type StoredCartRow } from '../data/cart.repository';
import { shippingOffersOf } from '../domain/cart-quote';
import { cartNotFound } from '../domain/orders.errors';
import { destinationNeeded, shippingMethodNotFound, type ShippingMethod } from '../domain/shipping';
import { sellablesFor, shopperAsking, spentBy } from './sellables';

export interface ShippingMethodView extends ShippingMethod {
  active: boolean;
  version: number;
  createdAt: string;
}

/** @throws AppError not-found `orders.shipping-method-not-found` */
export class FindShippingMethodQuery extends Query<ShippingMethodView> {
  constructor(readonly methodId: string) {
    super();
  }
}

export class ListShippingMethodsQuery extends Query<Page<ShippingMethodView>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** A way to ship a cart. */
export interface ShippingOffer {
  id: string;
  name: string;
  price: Money;
  chosen: boolean;
}

/**
 * The ways to ship a cart to its destination, in the shop's order.
 * @throws AppError not-found `orders.cart-not-found`, conflict `orders.destination-needed`
 */
export class CartShippingMethodsQuery extends Query<ShippingOffer[]> {
  constructor(readonly secret: string) {
    super();
  }
}

const COLUMNS = `m.id, m.name, m.active, m.position, m.currency, m.rate_by as "rateBy", m.zones, m.version, m.created_at as "createdAt"`;
type Row = Omit<ShippingMethodView, 'createdAt'> & { createdAt: Date };
const viewOf = ({ createdAt, ...row }: Row): ShippingMethodView => ({ ...row, createdAt: createdAt.toISOString() });

const METHODS = keyset({
  id: 'm.id',
  sorts: { createdAt: { sql: 'm.created_at', type: 'timestamptz' } },
  defaultSort: 'createdAt',
});

@QueryHandler(FindShippingMethodQuery)
export class FindShippingMethodHandler implements IQueryHandler<FindShippingMethodQuery> {
  constructor(private readonly database: Database) {}

  async execute({ methodId }: FindShippingMethodQuery): Promise<ShippingMethodView> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from orders.shipping_methods m where m.tenant_id = kernel.tenant_id() and m.id = $1`,
      [methodId],
    );
    if (!row) throw shippingMethodNotFound();
    return viewOf(row);
  }
}

@QueryHandler(ListShippingMethodsQuery)
export class ListShippingMethodsHandler implements IQueryHandler<ListShippingMethodsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListShippingMethodsQuery): Promise<Page<ShippingMethodView>> {
    return METHODS.run<Row, ShippingMethodView>(this.database, list, {
      select: COLUMNS,
      from: 'orders.shipping_methods m',
      where: 'm.tenant_id = kernel.tenant_id()',
      params: [],
      map: viewOf,
    });
  }
}

@QueryHandler(CartShippingMethodsQuery)
export class CartShippingMethodsHandler implements IQueryHandler<CartShippingMethodsQuery> {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ secret }: CartShippingMethodsQuery): Promise<ShippingOffer[]> {
    const { text, params } = readCart(secret, currentContext());
    const [[row], { customerId, groupIds }] = await together(
      () => this.database.read<StoredCartRow>(text, params),
      () => shopperAsking(this.queries),
    );
    if (!row) throw cartNotFound();
    const cart = cartOf(row);
    if (!cart.destination) throw destinationNeeded();
    const now = this.clock.now();
    const [variants, spent] = await together(
      () => sellablesFor(this.queries, cart, groupIds, now),
      () => spentBy(this.database, customerId, cart.promotions),
    );
    return shippingOffersOf(cart.lines, variants, { ...cart, groupIds, spent, now });
  }
}
