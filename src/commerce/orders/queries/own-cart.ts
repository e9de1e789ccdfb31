import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { CartView } from '../domain/cart-view';
import { cartNotFound, loginNeeded } from '../domain/orders.errors';
import { FindCartQuery } from './find-cart';

/**
 * The newest open cart of whoever is signed in, on whatever device it was filled.
 * @throws AppError unauthenticated `orders.login-needed`, not-found `orders.cart-not-found`
 */
export class OwnCartQuery extends Query<CartView> {}

@QueryHandler(OwnCartQuery)
export class OwnCartHandler implements IQueryHandler<OwnCartQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute(): Promise<CartView> {
    const { kind, userId } = currentContext().principal;
    if (kind !== 'user' || !userId) throw loginNeeded();
    const [own] = await this.database.read<{ id: string }>(
      `select c.id from orders.carts c where c.tenant_id = kernel.tenant_id() and c.user_id = $1 and c.order_id is null
         and c.merged_into is null and c.expires_at > kernel.now() order by c.updated_at desc, c.id desc limit 1`,
      [userId],
    );
    if (!own) throw cartNotFound();
    return this.queries.execute(new FindCartQuery(own.id));
  }
}
