import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../src/kernel/database/transaction';
import { PaymentRepository } from '../../src/money/payments/data/payment.repository';
import { RefundRepository, type RefundParts } from '../../src/money/payments/data/refund.repository';
import type { PaymentIntent } from '../../src/money/payments/domain/payment-intent';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { refundStorm } from '../scenarios/refund-storm';
import { OrderDesk } from '../support/order-desk';
import { replaced } from './replaced';

const rewriting = (tx: Transaction, rewrite: (text: string) => string): Transaction =>
  new Proxy(tx, {
    get: (target, property) => {
      const value = Reflect.get(target, property, target) as unknown;
      if (typeof value !== 'function') return value;
      if (property !== 'query') return value.bind(target) as unknown;
      return (text: string, params: unknown[]) => target.query(rewrite(text), params);
    },
  });

/** Looks what is left without a lock. */
@Injectable()
class Unlocked extends PaymentRepository {
  override lock(tx: Transaction, intentId: string): Promise<PaymentIntent | null> {
    return super.lock(
      rewriting(tx, (text) => text.replace(/ for update$/, '')),
      intentId,
    );
  }
}

/** Reserves an amount whatever is left by then. */
@Injectable()
class Unconditional extends RefundRepository {
  override request(tx: Transaction, ...rest: [string, number, string, RefundParts?]): Promise<string | null> {
    const rewrite = (text: string): string => {
      const naive = text.replace(/and captured - refunded - refund_pending - [\s\S]*? >= \$4/, '');
      if (naive === text) process.abort();
      return naive;
    };
    return super.request(rewriting(tx, rewrite), ...rest);
  }
}

describe('naive: look what is left of a charge, then give it back', () => {
  it('must refuse all but ten', async () => {
    const naive = replaced(PaymentsModule, PaymentRepository, Unlocked);
    naive.providers = naive.providers!.map((provider) =>
      provider === RefundRepository ? { provide: RefundRepository, useClass: Unconditional } : provider,
    );
    const desk = await OrderDesk.start({}, [], naive);
    const result = await refundStorm(desk);
    await desk.app.close();
    expect(result).toEqual({ asked: 50, accepted: 10, refused: 40, promised: 10_000 });
  });
});
