import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { NotYet } from '../../../kernel/messaging/reaction';
import type { Money } from '../../../kernel/money/money';
import { ReleaseHoldCommand, RestockCommand } from '../../inventory/contracts/hold-stock';
import { OrderEntries } from '../data/order-entries';
import { OrderPolicies } from '../data/order-policies';
import { OrderRepository } from '../data/order.repository';
import { ReturnRepository } from '../data/return.repository';
import type { Order } from '../domain/order';
import { openQuantity, stockDemandOf } from '../domain/order-line';
import { ReturnDesk } from './manage-return';
import { OrderViews } from './order-views';
import { awaitDelivery } from './ship-order';

/** Pieces that money went back for, and what becomes of them. */
export interface RefundedPieces {
  lineId: string;
  quantity: number;
  amount: Money;
  /** They are back on the shelf. */
  takeBack: number;
  /** They did not leave, and shall not. */
  giveUp: number;
}

/**
 * Money of an order went back, all of it or a part; a return that it was for is settled by it, and pieces go back on the
 * shelf where the refund said so. To be sent once a refund.
 */
export class NoteRefundCommand extends Command<void> {
  constructor(
    readonly request: {
      orderId: string;
      refundId: string;
      amount: Money;
      /** A word of payments that says why. */
      reason?: string;
      lines?: readonly RefundedPieces[];
    },
  ) {
    super();
  }
}

@CommandHandler(NoteRefundCommand)
export class NoteRefundHandler implements ICommandHandler<NoteRefundCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly orders: OrderRepository,
    private readonly returns: ReturnRepository,
    private readonly entries: OrderEntries,
    private readonly policies: OrderPolicies,
    private readonly commands: CommandBus,
    private readonly desk: ReturnDesk,
    private readonly views: OrderViews,
  ) {}

  execute({ request: { orderId, refundId, amount, reason, lines = [] } }: NoteRefundCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const order = await this.orders.lock(orderId);
      if (!order || order.paymentStatus === 'refunded') return;
      const at = this.clock.now();
      const data = {
        refundId,
        amount,
        ...(reason ? { reason } : {}),
        ...(lines.length > 0 ? { lines: partsOf(lines) } : {}),
      };
      this.entries.add({ orderId, kind: 'refunded', data, shownToCustomer: true });
      order.noteRefund(refundId, amount.amount);
      await this.moveGoods(tx, order, lines);
      if (order.onHoldReason === 'shortfall' && order.due === 0) order.cancel('shortfall', 'refunded', at);
      const found = await this.returns.orderOf({ refundId });
      const back = found && (await this.returns.find(found.id));
      if (back?.status === 'refunding') {
        back.settle(at);
        await this.desk.store(back, order);
      } else this.orders.save(order);
    });
  }

  /** Pieces that left meanwhile are not given up any more, and none comes back twice. */
  private async moveGoods(tx: Transaction, order: Order, lines: readonly RefundedPieces[]): Promise<void> {
    const pieces = lines.map((line) => {
      const sold = order.line(line.lineId);
      const giveUp = order.underway ? Math.min(line.giveUp, openQuantity(sold)) : 0;
      return { ...line, sold, giveUp, takeBack: Math.min(line.takeBack, sold.shippedQuantity - sold.returnedQuantity) };
    });
    const back = pieces.filter(({ takeBack }) => takeBack > 0);
    const given = pieces.filter(({ giveUp }) => giveUp > 0);
    if (back.length + given.length === 0) return;
    const reference = { type: 'order' as const, id: order.id };
    for (const { sold, takeBack } of back) sold.returnedQuantity += takeBack;
    if (given.length > 0) await this.giveUp(order, given);
    await this.returns.count(order);
    const goods = stockDemandOf(back.map(({ sold, takeBack }) => ({ ...sold, quantity: takeBack })));
    if (goods.length > 0)
      await this.commands.execute(
        new RestockCommand({ reference, lines: goods.map((line) => ({ ...line, disposition: 'restock' as const })) }),
      );
    await awaitDelivery(tx, order, this.policies);
  }

  private async giveUp(order: Order, pieces: readonly (RefundedPieces & { sold: Order['lines'][number] })[]) {
    const at = this.clock.now();
    const reference = { type: 'order' as const, id: order.id };
    const nothingLeft = order.lines.every(
      (line) =>
        line.shippedQuantity === 0 &&
        openQuantity(line) === (pieces.find(({ lineId }) => lineId === line.id)?.giveUp ?? 0),
    );
    if (nothingLeft && order.due === 0) {
      order.cancel('staff', 'refunded', at);
      await this.commands.execute(new ReleaseHoldCommand({ reference, reason: 'refunded' }));
      return;
    }
    const asked = pieces.map(({ lineId, giveUp }) => ({ lineId, quantity: giveUp }));
    order.cancelLines(asked, at, null);
    const lines = stockDemandOf(pieces.map(({ sold, giveUp }) => ({ ...sold, quantity: giveUp })));
    await this.commands.execute(new ReleaseHoldCommand({ reference, reason: 'refunded', lines }));
    order.noteStock((await this.views.goods(order.id)).waiting.length > 0);
  }
}

/** What was refunded of which line, as credit notes tell it; minor units. */
const partsOf = (lines: readonly RefundedPieces[]) =>
  lines.map(({ lineId, quantity, amount }) => ({ lineId, quantity, amount: amount.amount }));

/** Money of an order could not go back: a return that waits for it is inspected again, so that it can be asked for anew. */
export class NoteFailedRefundCommand extends Command<void> {
  constructor(readonly request: { orderId: string; refundId: string }) {
    super();
  }
}

@CommandHandler(NoteFailedRefundCommand)
export class NoteFailedRefundHandler implements ICommandHandler<NoteFailedRefundCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly orders: OrderRepository,
    private readonly returns: ReturnRepository,
    private readonly desk: ReturnDesk,
  ) {}

  execute({ request: { orderId, refundId } }: NoteFailedRefundCommand): Promise<void> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      const found = order && (await this.returns.orderOf({ refundId }));
      const back = found && (await this.returns.find(found.id));
      if (back?.status !== 'refunding') return;
      back.refundFailed();
      await this.desk.store(back, order!);
    });
  }
}

/**
 * Money of an order that had gone back came back to the shop: it counts as paid again, or, of an order that is cancelled, as
 * on its way back; the return that it was for is inspected again. Goods stay where they are. To be sent once a refund.
 */
export class NoteReversedRefundCommand extends Command<void> {
  constructor(readonly request: { orderId: string; refundId: string; amount: Money; code: string }) {
    super();
  }
}

@CommandHandler(NoteReversedRefundCommand)
export class NoteReversedRefundHandler implements ICommandHandler<NoteReversedRefundCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly orders: OrderRepository,
    private readonly returns: ReturnRepository,
    private readonly entries: OrderEntries,
    private readonly desk: ReturnDesk,
  ) {}

  execute({ request: { orderId, refundId, amount, code } }: NoteReversedRefundCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const order = await this.orders.lock(orderId);
      if (!order) return;
      const [noted] = await tx.query(
        `select 1 from orders.order_entries where tenant_id = $1 and order_id = $2 and kind = 'refunded' and data ->> 'refundId' = $3`,
        [tx.tenantId, orderId, refundId],
      );
      // It is told that the money went back before it is told that it came back.
      if (!noted && order.paymentStatus === 'refunded') return;
      if (!noted) throw new NotYet();
      this.entries.add({ orderId, kind: 'refund_reversed', data: { refundId, amount, code } });
      order.takeAgain(amount.amount);
      const found = await this.returns.orderOf({ refundId });
      const back = found && found.orderId === orderId ? await this.returns.find(found.id) : null;
      if (back?.status === 'refunded') {
        back.refundFailed();
        await this.desk.store(back, order);
      } else this.orders.save(order);
    });
  }
}
