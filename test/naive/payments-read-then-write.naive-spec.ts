import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../src/kernel/database/transaction';
import { PaymentRepository } from '../../src/money/payments/data/payment.repository';
import type { PaymentIntent } from '../../src/money/payments/domain/payment-intent';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { expectCapturedOnce, settleRace } from '../scenarios/payment-races';
import { replaced } from './replaced';
import { LOCK, Unguarded } from './unguarded';

const unguarded = new Unguarded(LOCK, [/ and (?:status|state) = \$(3|14)\b/g, ' and $$$1::text is not null']);

/** Reads the payment without a lock and writes the new state whatever the old one is by now. */
@Injectable()
class ReadThenWrite extends PaymentRepository {
  override async lockByAttempt(tx: Transaction, attemptId: string): Promise<PaymentIntent | null> {
    return super.lockByAttempt(unguarded.of(tx), attemptId);
  }

  override async save(tx: Transaction, intent: PaymentIntent): Promise<boolean> {
    return super.save(unguarded.of(tx), intent);
  }
}

describe('naive: read the payment, then write its state', () => {
  it('must not capture twice', async () => {
    const race = await settleRace(replaced(PaymentsModule, PaymentRepository, ReadThenWrite));
    unguarded.expectFound();
    expectCapturedOnce(race);
  });
});
