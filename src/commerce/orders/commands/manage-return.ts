import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Injectable } from '@nestjs/common';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RequestRefundCommand } from '../../../money/payments/contracts/request-refund';
import { RestockCommand, type PieceName } from '../../inventory/contracts/hold-stock';
import { OrderRepository } from '../data/order.repository';
import { ReturnRepository } from '../data/return.repository';
import type { Order } from '../domain/order';
import { resourceOf } from '../domain/order-access';
import { stockDemandOf } from '../domain/order-line';
import type { Inspected, OrderReturn } from '../domain/order-return';
import { refundTooLarge, returnNotFound } from '../domain/orders.errors';
import { returnViewOf, type ReturnView } from '../domain/return-view';
import { OrderCredit } from './order-credit';

/** @throws AppError not-found `orders.return-not-found`, conflict `orders.return-transition-refused` (all of these) */
export class ApproveReturnCommand extends Command<ReturnView> {
  constructor(readonly request: { returnId: string }) {
    super();
  }
}

/** The goods are not taken back. */
export class RejectReturnCommand extends Command<ReturnView> {
  constructor(readonly request: { returnId: string; note?: string }) {
    super();
  }
}

/** Nobody sends the goods after all. */
export class CancelReturnCommand extends Command<ReturnView> {
  constructor(readonly request: { returnId: string }) {
    super();
  }
}

/** The goods are here: all that were announced, or what `lines` say. */
export class ReceiveReturnCommand extends Command<ReturnView> {
  constructor(readonly request: { returnId: string; lines?: readonly { lineId: string; quantity: number }[] }) {
    super();
  }
}

/** Somebody looked at the goods: each piece goes back on the shelf, into the lot it left, or is scrapped. */
export class InspectReturnCommand extends Command<ReturnView> {
  constructor(
    readonly request: {
      returnId: string;
      lines: readonly Inspected[];
      /** Which pieces came back, of articles that have serial numbers; default those that left last. */
      serials?: readonly (PieceName & { restock: boolean })[];
    },
  ) {
    super();
  }
}

/** Money for the goods: what they were sold for with tax, or `amount`; with `includeShipping` the freight too. */
export class RefundReturnCommand extends Command<ReturnView> {
  constructor(
    readonly request: {
      returnId: string;
      amount?: number;
      includeShipping?: boolean;
      /** Default: the way it was paid. */
      to?: 'original' | 'store_credit';
    },
  ) {
    super();
  }
}

/** Ends an inspected return without money. */
export class CloseReturnCommand extends Command<ReturnView> {
  constructor(readonly request: { returnId: string }) {
    super();
  }
}

/** Loads a return behind its order's lock, lets it change, and stores both. */
@Injectable()
export class ReturnDesk {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly orders: OrderRepository,
    private readonly returns: ReturnRepository,
  ) {}

  change(returnId: string, act: (back: OrderReturn, order: Order) => void | Promise<void>): Promise<ReturnView> {
    return this.uow.run(async () => {
      const found = await this.returns.orderOf({ returnId });
      const order = found && (await this.orders.lock(found.orderId));
      const back = order && (await this.returns.find(returnId));
      if (!back) throw returnNotFound();
      requirePermission('orders:write', resourceOf(order));
      await act(back, order);
      await this.store(back, order);
      return returnViewOf(back, back.lines);
    });
  }

  /** Stores a changed return and what it means for its order, whose row is locked. */
  async store(back: OrderReturn, order: Order): Promise<void> {
    back.announce(order);
    await this.returns.save(back);
    order.markReturning(back.underway || (await this.returns.othersUnderway(order.id, back.id)));
    await this.returns.count(order);
    this.orders.save(order);
  }
}

@CommandHandler(ApproveReturnCommand)
export class ApproveReturnHandler implements ICommandHandler<ApproveReturnCommand> {
  constructor(
    private readonly desk: ReturnDesk,
    private readonly clock: Clock,
  ) {}

  execute({ request: { returnId } }: ApproveReturnCommand): Promise<ReturnView> {
    return this.desk.change(returnId, (back) => back.approve(this.clock.now()));
  }
}

@CommandHandler(RejectReturnCommand)
export class RejectReturnHandler implements ICommandHandler<RejectReturnCommand> {
  constructor(
    private readonly desk: ReturnDesk,
    private readonly clock: Clock,
  ) {}

  execute({ request: { returnId, note } }: RejectReturnCommand): Promise<ReturnView> {
    return this.desk.change(returnId, (back) => back.reject(this.clock.now(), note ?? null));
  }
}

@CommandHandler(CancelReturnCommand)
export class CancelReturnHandler implements ICommandHandler<CancelReturnCommand> {
  constructor(
    private readonly desk: ReturnDesk,
    private readonly clock: Clock,
  ) {}

  execute({ request: { returnId } }: CancelReturnCommand): Promise<ReturnView> {
    return this.desk.change(returnId, (back) => back.cancel(this.clock.now()));
  }
}

@CommandHandler(ReceiveReturnCommand)
export class ReceiveReturnHandler implements ICommandHandler<ReceiveReturnCommand> {
  constructor(
    private readonly desk: ReturnDesk,
    private readonly clock: Clock,
  ) {}

  execute({ request: { returnId, lines } }: ReceiveReturnCommand): Promise<ReturnView> {
    return this.desk.change(returnId, (back, order) => back.receive(order, this.clock.now(), lines));
  }
}

@CommandHandler(InspectReturnCommand)
export class InspectReturnHandler implements ICommandHandler<InspectReturnCommand> {
  constructor(
    private readonly desk: ReturnDesk,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
  ) {}

  execute({ request: { returnId, lines, serials } }: InspectReturnCommand): Promise<ReturnView> {
    return this.desk.change(returnId, async (back, order) => {
      back.inspect(this.clock.now(), lines);
      // Bundles come back as what they were made of.
      const goods = (which: 'restockedQuantity' | 'scrappedQuantity', disposition: 'restock' | 'scrap') =>
        stockDemandOf(back.lines.map((line) => ({ ...order.line(line.lineId), quantity: line[which]! })))
          .filter(({ quantity }) => quantity > 0)
          .map((line) => ({ ...line, disposition }));
      const moved = [...goods('restockedQuantity', 'restock'), ...goods('scrappedQuantity', 'scrap')];
      if (moved.length > 0)
        await this.commands.execute(
          new RestockCommand({
            reference: { type: 'order', id: order.id },
            lines: moved,
            serials: serials?.map(({ sku, serial, restock }) => {
              return { sku, serial, disposition: restock ? ('restock' as const) : ('scrap' as const) };
            }),
          }),
        );
    });
  }
}

@CommandHandler(RefundReturnCommand)
export class RefundReturnHandler implements ICommandHandler<RefundReturnCommand> {
  constructor(
    private readonly desk: ReturnDesk,
    private readonly clock: Clock,
    private readonly credit: OrderCredit,
  ) {}

  execute({ request: { returnId, amount, includeShipping, to } }: RefundReturnCommand): Promise<ReturnView> {
    return this.desk.change(returnId, async (back, order) => {
      const owed = amount ?? back.worth() + (includeShipping ? order.payableShipping : 0);
      const left = order.due + order.tradeLeft;
      if (owed > left) throw refundTooLarge({ amount: left, currency: order.currency });
      const own = Math.min(owed, order.due);
      // What it was paid with goods goes back to the order that they came from.
      order.giveTradeBack(owed - own);
      // An amount of somebody's own choice is for no line.
      const byLine = amount === undefined && back.settledAmount === 0 && own === owed;
      const parts = byLine ? partsOf(back, order, includeShipping ?? false) : {};
      const given =
        to === 'store_credit'
          ? await this.credit.giveAsCredit(order, own, 'return')
          : await this.credit.giveBack(order, own, 'return', parts);
      back.settlePart(owed - own + given.credit);
      if (given.refund) back.refund(given.refund.refundId, given.refund.amount);
      else back.settle(this.clock.now());
    });
  }
}

/** What the money of a return is for. */
function partsOf(
  back: OrderReturn,
  order: Order,
  withShipping: boolean,
): Pick<RequestRefundCommand['request'], 'lines' | 'shipping'> {
  const lines = back.lines
    .filter(({ receivedQuantity }) => (receivedQuantity ?? 0) > 0)
    .map(({ lineId, receivedQuantity, amount }) => {
      const sold = order.line(lineId);
      const of = { gross: order.payableOf(sold), tax: sold.tax };
      return { lineId, quantity: receivedQuantity!, amount: amount ?? 0, of };
    });
  const freight = { gross: order.payableShipping, tax: order.shippingTax };
  return { lines, ...(withShipping && freight.gross > 0 ? { shipping: { amount: freight.gross, of: freight } } : {}) };
}

@CommandHandler(CloseReturnCommand)
export class CloseReturnHandler implements ICommandHandler<CloseReturnCommand> {
  constructor(
    private readonly desk: ReturnDesk,
    private readonly clock: Clock,
  ) {}

  execute({ request: { returnId } }: CloseReturnCommand): Promise<ReturnView> {
    return this.desk.change(returnId, (back) => back.close(this.clock.now()));
  }
}

export const RETURN_HANDLERS = [
  ReturnDesk,
  ApproveReturnHandler,
  RejectReturnHandler,
  CancelReturnHandler,
  ReceiveReturnHandler,
  InspectReturnHandler,
  RefundReturnHandler,
  CloseReturnHandler,
];
