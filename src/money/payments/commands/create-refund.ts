import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { RefundableOrderQuery, type RefundableOrder } from '../../../commerce/orders/contracts/refundable-order';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RequestRefundCommand, type RefundedLine } from '../contracts/request-refund';
import { PaymentRepository } from '../data/payment.repository';
import { RefundRepository } from '../data/refund.repository';
import {
  nothingToRefund,
  paymentNotFound,
  refundAmountMissing,
  refundLineUnknown,
  refundPiecesExceeded,
  refundSumDiffers,
  restockExceeded,
} from '../domain/payments.errors';
import { worthOf } from '../domain/refund';
import { FindRefundQuery, type RefundView } from '../queries/refunds';

/** Pieces of a line that money is to go back for. */
export interface AskedLine {
  lineId: string;
  quantity: number;
  /** The goods go back on the shelf; what has not left is given up first. */
  restock?: boolean;
}

/**
 * Staff give money back: an amount, or what lines and freight were sold for; with both, the amount must be their sum.
 * @throws AppError not-found `payments.payment-not-found`, invalid `payments.refund-amount-required`,
 *   `payments.refund-line-unknown`, `payments.refund-sum-differs`, conflict `payments.refund-exceeds-charge`,
 *   `payments.refund-pieces-exceeded`, `payments.restock-exceeded`, `payments.nothing-to-refund`
 */
export class CreateRefundCommand extends Command<RefundView> {
  constructor(
    readonly request: {
      paymentId: string;
      /** Minor units of the payment's currency. */
      amount?: number;
      note?: string;
      lines?: readonly AskedLine[];
      /** What is left of the freight goes back too. */
      shipping?: boolean;
    },
  ) {
    super();
  }
}

@CommandHandler(CreateRefundCommand)
export class CreateRefundHandler implements ICommandHandler<CreateRefundCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly payments: PaymentRepository,
    private readonly refunds: RefundRepository,
  ) {}

  execute({ request: { paymentId, amount, note, lines = [], shipping } }: CreateRefundCommand): Promise<RefundView> {
    return this.uow.run(async (tx) => {
      // From here on no other refund of this payment comes between what is read and what is written.
      const intent = await this.payments.lock(tx, paymentId);
      if (!intent) throw paymentNotFound();
      const { currency } = intent.amount;
      let parts: Pick<RequestRefundCommand['request'], 'lines' | 'shipping'> = {};
      let sum = amount;
      if (lines.length > 0 || shipping) {
        const order = await this.queries.execute(new RefundableOrderQuery(intent.payable.id));
        if (!order) throw paymentNotFound();
        const earlier = await this.refunds.earlier(tx, intent.id);
        const freight = shipping ? Math.max(0, order.shipping.gross - earlier.shipping) : 0;
        parts = {
          lines: added(lines).map((line) => partOf(order, earlier.lines.get(line.lineId), line)),
          ...(freight > 0 ? { shipping: { amount: freight, of: order.shipping } } : {}),
        };
        sum = parts.lines!.reduce((all, line) => all + line.amount, freight);
        if (amount !== undefined && amount !== sum) throw refundSumDiffers({ amount: sum, currency });
      }
      if (sum === undefined) throw refundAmountMissing();
      if (sum === 0) throw nothingToRefund();
      const asked = { paymentId, amount: { amount: sum, currency }, reason: causeOf(note), note, ...parts };
      const { refundId } = await this.commands.execute(new RequestRefundCommand(asked));
      return this.queries.execute(new FindRefundQuery(refundId));
    });
  }
}

/**
 * Word of ours for refunds that somebody asked for; those whose reason begins with fraud (`Fraudulent order`) say so, as what
 * a person typed goes no further.
 */
const causeOf = (note = ''): string => (/^\s*fraud/i.test(note) ? 'fraud' : 'staff');

/** Each line once. */
function added(lines: readonly AskedLine[]): AskedLine[] {
  const byId = new Map<string, AskedLine>();
  for (const line of lines) {
    const known = byId.get(line.lineId);
    byId.set(
      line.lineId,
      known ? { ...line, quantity: known.quantity + line.quantity, restock: known.restock || line.restock } : line,
    );
  }
  return [...byId.values()];
}

/** What goes back for pieces of a line, and what becomes of them. */
function partOf(
  order: RefundableOrder,
  earlier: { quantity: number; amount: number } = { quantity: 0, amount: 0 },
  { lineId, quantity, restock }: AskedLine,
): RefundedLine {
  const line = order.lines.find((each) => each.lineId === lineId);
  if (!line) throw refundLineUnknown(lineId);
  const left = line.quantity - earlier.quantity;
  if (quantity > left) throw refundPiecesExceeded(line.sku, quantity, left);
  const giveUp = restock ? Math.min(quantity, line.open) : 0;
  const takeBack = restock ? quantity - giveUp : 0;
  if (takeBack > line.out) throw restockExceeded(line.sku, quantity, line.open + line.out);
  return { lineId, quantity, amount: worthOf(line, earlier, quantity), of: line, takeBack, giveUp };
}
