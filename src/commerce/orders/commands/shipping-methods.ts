import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ShippingMethodRepository, type MethodTerms } from '../data/shipping-method.repository';
import type { CartView } from '../domain/cart-view';
import {
  checkZones,
  destinationNeeded,
  notShippable,
  shippingMethodNotFound,
  shippingMethodStale,
  unknownShippingMethod,
} from '../domain/shipping';
import { FindShippingMethodQuery, type ShippingMethodView } from '../queries/shipping-methods';
import { CartDesk } from './cart-desk';

/** A new way to ship. @throws AppError invalid `orders.shipping-rates-invalid` */
export class CreateShippingMethodCommand extends Command<ShippingMethodView> {
  constructor(readonly terms: MethodTerms) {
    super();
  }
}

/**
 * Changes what is named; the currency stays. Carts show it when they are read or changed next.
 * @throws AppError not-found `orders.shipping-method-not-found`, conflict `orders.shipping-method-stale`
 */
export class ChangeShippingMethodCommand extends Command<ShippingMethodView> {
  constructor(
    readonly methodId: string,
    readonly change: Partial<Omit<MethodTerms, 'currency'>>,
    readonly version: number | null,
  ) {
    super();
  }
}

/** Chooses how a cart is shipped. @throws AppError invalid `orders.unknown-shipping-method`, conflict `orders.not-shippable` */
export class ChooseShippingMethodCommand extends Command<CartView> {
  constructor(readonly request: { cartSecret: string; methodId: string }) {
    super();
  }
}

@CommandHandler(CreateShippingMethodCommand)
export class CreateShippingMethodHandler implements ICommandHandler<CreateShippingMethodCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly methods: ShippingMethodRepository,
  ) {}

  execute({ terms }: CreateShippingMethodCommand): Promise<ShippingMethodView> {
    checkZones(terms.zones);
    return this.uow.run(async () => {
      const id = await this.methods.insert(terms);
      return this.queries.execute(new FindShippingMethodQuery(id));
    });
  }
}

@CommandHandler(ChangeShippingMethodCommand)
export class ChangeShippingMethodHandler implements ICommandHandler<ChangeShippingMethodCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly methods: ShippingMethodRepository,
  ) {}

  execute({ methodId, change, version }: ChangeShippingMethodCommand): Promise<ShippingMethodView> {
    if (change.zones) checkZones(change.zones);
    return this.uow.run(async () => {
      const found = await this.methods.lock(methodId);
      if (!found) throw shippingMethodNotFound();
      if (version !== null && version !== found.version) throw shippingMethodStale();
      const named = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      await this.methods.update(methodId, { ...found, ...named });
      return this.queries.execute(new FindShippingMethodQuery(methodId));
    });
  }
}

@CommandHandler(ChooseShippingMethodCommand)
export class ChooseShippingMethodHandler implements ICommandHandler<ChooseShippingMethodCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly desk: CartDesk,
  ) {}

  execute({ request: { cartSecret, methodId } }: ChooseShippingMethodCommand): Promise<CartView> {
    return this.uow.run(async () => {
      const open = await this.desk.open(cartSecret);
      const method = open.cart.methods.find(({ id }) => id === methodId);
      if (!method) throw unknownShippingMethod();
      if (!open.cart.destination) throw destinationNeeded();
      const view = await this.desk.write(cartSecret, open, { methodId });
      if (view.total !== null && view.shipping === null) throw notShippable(method.name);
      return view;
    });
  }
}
