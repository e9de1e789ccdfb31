import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId, newSecret } from '../../../kernel/ids/ids';
import { CartRepository } from '../data/cart.repository';
import { MOST_LINES, MOST_PIECES } from '../domain/cart.policy';
import type { Destination } from '../domain/cart-quote';
import { cartViewOf, type CartView } from '../domain/cart-view';
import {
  cartFull,
  cartLineNotFound,
  mixedCurrencies,
  noPriceIn,
  notForSale,
  tooMany,
  unknownSku,
} from '../domain/orders.errors';
import { CartDesk } from './cart-desk';

/** A new, empty cart. @param currency ISO 4217; null: that of its goods' own prices */
export class CreateCartCommand extends Command<CartView> {
  constructor(readonly currency: string | null = null) {
    super();
  }
}

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

/** Says where a cart shall be sent, so that taxes and shipping are in its price before the checkout. */
export class SetCartDestinationCommand extends Command<CartView> {
  constructor(readonly request: { cartSecret: string; destination: Destination }) {
    super();
  }
}

/** Chooses what a cart is priced in; what has no price in it is not for sale in this cart. */
export class SetCartCurrencyCommand extends Command<CartView> {
  constructor(readonly request: { cartSecret: string; currency: string | null }) {
    super();
  }
}

@CommandHandler(CreateCartCommand)
export class CreateCartHandler implements ICommandHandler<CreateCartCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly carts: CartRepository,
  ) {}

  execute({ currency }: CreateCartCommand): Promise<CartView> {
    return this.uow.run(async () => {
      const secret = newSecret();
      const cart = await this.carts.create(secret, currentContext().principal.userId, currency);
      return cartViewOf(secret, cart, [], null, { available: new Map(), now: this.clock.now() });
    });
  }
}

@CommandHandler(AddCartLineCommand)
export class AddCartLineHandler implements ICommandHandler<AddCartLineCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly desk: CartDesk,
  ) {}

  execute({ request: { cartSecret, sku, quantity } }: AddCartLineCommand): Promise<CartView> {
    return this.uow.run(async () => {
      const open = await this.desk.open(cartSecret);
      const { lines } = open.cart;
      const present = lines.find((line) => line.sku === sku);
      const pieces = (present?.quantity ?? 0) + quantity;
      const line = { id: present?.id ?? newId(), sku, quantity: pieces };
      return this.desk.write(cartSecret, open, { put: [line] }, (variants) => {
        const variant = variants.find((each) => each.sku === sku);
        if (!variant) throw unknownSku(sku);
        if (!variant.priced) throw noPriceIn(sku, open.cart.currency!);
        if (!variant.active) throw notForSale([sku]);
        if (pieces > MOST_PIECES) throw tooMany(sku, MOST_PIECES);
        if (!present && lines.length >= MOST_LINES) throw cartFull(MOST_LINES);
        const currencies = [...new Set(variants.filter(({ active }) => active).map(({ price }) => price.currency))];
        if (currencies.length > 1) throw mixedCurrencies(currencies.sort());
      });
    });
  }
}

@CommandHandler(ChangeCartLineCommand)
export class ChangeCartLineHandler implements ICommandHandler<ChangeCartLineCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly desk: CartDesk,
  ) {}

  execute({ request: { cartSecret, lineId, quantity } }: ChangeCartLineCommand): Promise<CartView> {
    return this.uow.run(async () => {
      const open = await this.desk.open(cartSecret);
      const line = open.cart.lines.find((each) => each.id === lineId);
      if (!line) throw cartLineNotFound();
      return this.desk.write(cartSecret, open, { put: [{ ...line, quantity }] });
    });
  }
}

@CommandHandler(RemoveCartLineCommand)
export class RemoveCartLineHandler implements ICommandHandler<RemoveCartLineCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly desk: CartDesk,
  ) {}

  execute({ request: { cartSecret, lineId } }: RemoveCartLineCommand): Promise<CartView> {
    return this.uow.run(async () => {
      const open = await this.desk.open(cartSecret);
      if (!open.cart.lines.some((line) => line.id === lineId)) throw cartLineNotFound();
      return this.desk.write(cartSecret, open, { removed: [lineId] });
    });
  }
}

@CommandHandler(SetCartDestinationCommand)
export class SetCartDestinationHandler implements ICommandHandler<SetCartDestinationCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly desk: CartDesk,
  ) {}

  execute({ request: { cartSecret, destination } }: SetCartDestinationCommand): Promise<CartView> {
    return this.uow.run(async () => this.desk.write(cartSecret, await this.desk.open(cartSecret), { destination }));
  }
}

@CommandHandler(SetCartCurrencyCommand)
export class SetCartCurrencyHandler implements ICommandHandler<SetCartCurrencyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly desk: CartDesk,
  ) {}

  execute({ request: { cartSecret, currency } }: SetCartCurrencyCommand): Promise<CartView> {
    return this.uow.run(async () => this.desk.write(cartSecret, await this.desk.open(cartSecret), { currency }));
  }
}
