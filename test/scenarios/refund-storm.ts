import { CreateRefundCommand } from '../../src/money/payments/commands/create-refund';
import type { OrderDesk } from '../support/order-desk';

export interface StormResult {
  asked: number;
  accepted: number;
  /** With `payments.refund-exceeds-charge`. */
  refused: number;
  /** What accepted refunds come to, minor units. */
  promised: number;
}

/** An order of 100.00 is paid, and `asked` refunds of 10.00 are asked for at once. */
export async function refundStorm(desk: OrderDesk, asked = 50): Promise<StormResult> {
  await desk.product('STORM', 10_000, 1);
  const { payment } = await desk.checkout(await desk.cart(['STORM', 1]));
  const tries = await Promise.allSettled(
    Array.from({ length: asked }, () =>
      desk.asStaff(() => desk.commands.execute(new CreateRefundCommand({ paymentId: payment!.id, amount: 1_000 }))),
    ),
  );
  const refusals = tries.flatMap((each) =>
    each.status === 'rejected' ? [(each.reason as { code?: string }).code] : [],
  );
  const [{ promised }] = await desk.rows<{ promised: number }>(
    `select coalesce(sum(amount), 0)::int as promised from payments.refunds where state not in ('failed', 'canceled')`,
  );
  return {
    asked,
    accepted: tries.length - refusals.length,
    refused: refusals.filter((code) => code === 'payments.refund-exceeds-charge').length,
    promised,
  };
}
