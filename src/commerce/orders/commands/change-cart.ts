import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newSecret } from '../../../kernel/ids/ids';
import { FindVariantsBySkuQuery } from '../../catalog/contracts/find-variants-by-sku';
import { CartRepository, type LockedCart } from '../data/cart.repository';
import { MOST_LINES, MOST_PIECES } from '../domain/cart.policy';
import {
  cartFull,
  cartLineNotFound,
  cartNotFound,
  cartOrdered,
  notForSale,
  tooMany,
  unknownSku,
} from '../domain/orders.errors';
import { FindCartQuery, type CartView } from '../queries/find-cart';

/** A new, empty cart. */
export class CreateCartCommand extends Command<CartView> {}

/** Puts pieces of a SKU into a cart, on top of what is there. */
export class AddCartLineCommand extends Command<CartView> {
  constructor(readonly request: { cartSecret: string; sku: string; quantity: number }) {
    super();
  }
}

/** Sets the quantity of a line. */
export class ChangeCartLineCommand extends Command<CartView> {
  constructor(readonly request: { cartSecret: string; lineId: string; quantity: number }) {
    super();
  }
}

/** Takes a line out. */
export class RemoveCartLineCommand extends Command<CartView> {
  constructor(readonly request: { cartSecret: string; lineId: string }) {
    super();
  }
}

async function lockOpen(carts: CartRepository, secret: string): Promise<LockedCart> {
  const cart = await carts.lock(secret);
  if (!cart) throw cartNotFound();
  if (cart.orderId) throw cartOrdered(cart.orderId);
  return cart;
}

@CommandHandler(CreateCartCommand)
export class CreateCartHandler implements ICommandHandler<CreateCartCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly carts: CartRepository,
  ) {}

  execute(): Promise<CartView> {
    return this.uow.run(async () => {
      const secret = newSecret();
      await this.carts.create(secret, currentContext().principal.userId);
      return this.queries.execute(new FindCartQuery(secret));
    });
  }
}

@CommandHandler(AddCartLineCommand)
export class AddCartLineHandler implements ICommandHandler<AddCartLineCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly carts: CartRepository,
  ) {}

  execute({ request: { cartSecret, sku, quantity } }: AddCartLineCommand): Promise<CartView> {
    return this.uow.run(async () => {
      const cart = await lockOpen(this.carts, cartSecret);
      const [variant] = await this.queries.execute(new FindVariantsBySkuQuery({ skus: [sku] }));
      if (!variant) throw unknownSku(sku);
      if (!variant.active) throw notForSale([sku]);
      const present = cart.lines.find((line) => line.sku === sku)?.quantity ?? 0;
      if (present + quantity > MOST_PIECES) throw tooMany(sku, MOST_PIECES);
      if (present === 0 && cart.lines.length >= MOST_LINES) throw cartFull(MOST_LINES);
      await this.carts.setLine(cart.id, sku, present + quantity);
      return this.queries.execute(new FindCartQuery(cartSecret));
    });
  }
}

@CommandHandler(ChangeCartLineCommand)
export class ChangeCartLineHandler implements ICommandHandler<ChangeCartLineCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly carts: CartRepository,
  ) {}

  execute({ request: { cartSecret, lineId, quantity } }: ChangeCartLineCommand): Promise<CartView> {
    return this.uow.run(async () => {
      const cart = await lockOpen(this.carts, cartSecret);
      const line = cart.lines.find((each) => each.id === lineId);
      if (!line) throw cartLineNotFound();
      await this.carts.setLine(cart.id, line.sku, quantity);
      return this.queries.execute(new FindCartQuery(cartSecret));
    });
  }
}

@CommandHandler(RemoveCartLineCommand)
export class RemoveCartLineHandler implements ICommandHandler<RemoveCartLineCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly carts: CartRepository,
  ) {}

  execute({ request: { cartSecret, lineId } }: RemoveCartLineCommand): Promise<CartView> {
    return this.uow.run(async () => {
      const cart = await lockOpen(this.carts, cartSecret);
      if (!cart.lines.some((line) => line.id === lineId)) throw cartLineNotFound();
      await this.carts.removeLine(cart.id, lineId);
      return this.queries.execute(new FindCartQuery(cartSecret));
    });
  }
}
