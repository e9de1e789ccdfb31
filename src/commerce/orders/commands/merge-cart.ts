import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CartRepository, type StoredCart, type StoredLine } from '../data/cart.repository';
import { OrderPolicies } from '../data/order-policies';
import { MOST_LINES, MOST_PIECES } from '../domain/cart.policy';
import type { CartView } from '../domain/cart-view';
import { cartFull, cartNotFound, loginNeeded } from '../domain/orders.errors';
import type { CartMerge } from '../domain/order-policy';
import { FindCartQuery } from '../queries/find-cart';
import { CartDesk } from './cart-desk';

/** Codes that a cart keeps; see the coupons of carts. */
const MOST_COUPONS = 10;

/**
 * Brings a guest's cart to whoever signed in: into the cart that they have, quantities by the shop's policy, or, where they
 * have none, as it is. The guest's cart ends with it; doing it again answers the same cart. From then on the cart is
 * named by its id, which opens it to nobody but them.
 * @throws AppError unauthenticated `orders.login-needed`, not-found `orders.cart-not-found`, conflict
 *   `orders.cart-already-ordered`, `orders.cart-full`
 */
export class MergeCartCommand extends Command<CartView> {
  constructor(readonly request: { cartSecret: string }) {
    super();
  }
}

@CommandHandler(MergeCartCommand)
export class MergeCartHandler implements ICommandHandler<MergeCartCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly carts: CartRepository,
    private readonly policies: OrderPolicies,
    private readonly desk: CartDesk,
  ) {}

  execute({ request: { cartSecret } }: MergeCartCommand): Promise<CartView> {
    return this.uow.run(async () => {
      const { kind, userId } = currentContext().principal;
      if (kind !== 'user' || !userId) throw loginNeeded();
      // One at a time for each user: two carts that are brought at once meet in one.
      await this.carts.openOf(userId, null);
      const merged = await this.carts.mergedInto(cartSecret);
      if (merged) {
        if (merged.userId !== userId) throw cartNotFound();
        return this.queries.execute(new FindCartQuery(merged.id));
      }
      const brought = await this.desk.open(cartSecret);
      const guests = brought.cart;
      // Somebody else's cart is not taken over by knowing its secret.
      if (guests.userId !== null && guests.userId !== userId) throw cartNotFound();
      const own = await this.carts.openOf(userId, guests.id);
      if (!own) {
        this.carts.claim(guests, userId);
        return this.desk.write(guests.id, brought, {});
      }
      const open = await this.desk.open(own);
      const { cartMerge } = await this.policies.find();
      const put = mergedLines(open.cart, guests, cartMerge);
      this.carts.end(guests, open.cart.id);
      return this.desk.write(open.cart.id, open, {
        put,
        merged: guests,
        destination: guests.destination ?? open.cart.destination,
        methodId: guests.methodId ?? open.cart.methodId ?? undefined,
        couponIds: [...new Set([...open.cart.couponIds, ...guests.couponIds])].slice(0, MOST_COUPONS),
        promotions: [
          ...open.cart.promotions,
          ...guests.promotions.filter(({ id }) => !open.cart.promotions.some((each) => each.id === id)),
        ],
      });
    });
  }
}

/** Lines of `own` that change, and those that it gains. @throws AppError conflict `orders.cart-full` */
function mergedLines(own: StoredCart, guests: StoredCart, policy: CartMerge): StoredLine[] {
  const known = new Map(own.lines.map((line) => [line.sku, line]));
  const put = guests.lines.map((line): StoredLine => {
    const mine = known.get(line.sku);
    // The line's own id stays free for it: it leaves the guest's cart in the same commit.
    if (!mine) return line;
    const quantity = {
      sum: mine.quantity + line.quantity,
      highest: Math.max(mine.quantity, line.quantity),
      guest: line.quantity,
    }[policy];
    return { ...mine, quantity: Math.min(quantity, MOST_PIECES) };
  });
  if (own.lines.length + put.filter(({ sku }) => !known.has(sku)).length > MOST_LINES) throw cartFull(MOST_LINES);
  return put;
}
