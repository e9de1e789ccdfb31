import { PaymentsModule } from '../../src/money/payments/payments.module';
import { chargesAfterTimeout, expectCapturedOnce, settleRace } from '../scenarios/payment-races';

describe('payments under races', () => {
  it('are captured once when checkout, webhook, poller and browser return settle 100 of them at once', async () => {
    expectCapturedOnce(await settleRace(PaymentsModule));
  });

  it('are charged once when the shopper tries again after a timeout', async () => {
    expect(await chargesAfterTimeout(PaymentsModule)).toBe(1);
  });
});
