import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../src/kernel/database/transaction';
import { PaymentRepository } from '../../src/money/payments/data/payment.repository';
import { RefundRepository, type RefundParts } from '../../src/money/payments/data/refund.repository';
import type { PaymentIntent } from '../../src/money/payments/domain/payment-intent';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { refundStorm } from '../scenarios/refund-storm';
import { OrderDesk } from '../support/order-desk';
import { replaced } from './replaced';
import { LOCK, Unguarded } from './unguarded';

const unguarded = new Unguarded(LOCK, [/and captured - refunded - refund_pending - [\s\S]*? >= \$4/, '']);

/** Looks what is left without a lock. */
@Injectable()
class Unlocked extends PaymentRepository {
  override lock(tx: Transaction, intentId: string): Promise<PaymentIntent | null> {
    return super.lock(unguarded.of(tx), intentId);
  }
}

/** Reserves an amount whatever is left by then. */
@Injectable()
class Unconditional extends RefundRepository {
  override request(tx: Transaction, ...rest: [string, number, string, RefundParts?]): Promise<string | null> {
    return super.request(unguarded.of(tx), ...rest);
  }
}

describe('naive: look what is left of a charge, then give it back', () => {
  it('must refuse all but ten', async () => {
    const naive = replaced(PaymentsModule, PaymentRepository, Unlocked, [RefundRepository, Unconditional]);
    const desk = await OrderDesk.start({}, [], naive);
    const result = await refundStorm(desk);
    await desk.app.close();
    unguarded.expectFound();
    expect(result).toEqual({ asked: 50, accepted: 10, refused: 40, promised: 10_000 });
  });
});
