import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../src/kernel/database/transaction';
import { PaymentRepository } from '../../src/money/payments/data/payment.repository';
import type { PaymentIntent } from '../../src/money/payments/domain/payment-intent';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { expectCapturedOnce, settleRace } from '../scenarios/payment-races';
import { replaced } from './replaced';

/** Reads the payment without a lock and writes the new state whatever the old one is by now. */
@Injectable()
class ReadThenWrite extends PaymentRepository {
  override async lockByAttempt(tx: Transaction, attemptId: string): Promise<PaymentIntent | null> {
    return super.lockByAttempt(unlocked(tx), attemptId);
  }

  override async save(tx: Transaction, intent: PaymentIntent): Promise<boolean> {
    return super.save(unconditional(tx), intent);
  }
}

const proxied = (tx: Transaction, method: 'query' | 'later', rewrite: (text: string) => string): Transaction =>
  new Proxy(tx, {
    get: (target, property) => {
      const value = Reflect.get(target, property, target) as unknown;
      if (typeof value !== 'function') return value;
      if (property !== method) return value.bind(target) as unknown;
      return (text: string, ...rest: unknown[]) => value.call(target, rewrite(text), ...rest) as unknown;
    },
  });
const unlocked = (tx: Transaction) => proxied(tx, 'query', (text) => text.replace(/ for update$/, ''));
const unconditional = (tx: Transaction) =>
  proxied(tx, 'later', (text) => text.replace(/ and (?:status|state) = \$(3|14)\b/g, ' and $$$1::text is not null'));

describe('naive: read the payment, then write its state', () => {
  it('must not capture twice', async () => {
    expectCapturedOnce(await settleRace(replaced(PaymentsModule, PaymentRepository, ReadThenWrite)));
  });
});
