import { newId } from '../../src/kernel/ids/ids';
import { FraudModule } from '../../src/money/fraud/fraud.module';
import { StripeGateway } from '../../src/money/payments/adapters/stripe/stripe.gateway';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { StripeDouble } from '../doubles/stripe-double';
import { chargesAfterTimeout, expectCapturedOnce, settleRace } from '../scenarios/payment-races';
import { cardRace, expectLimitHeld, velocityRace } from '../scenarios/velocity-race';

describe('payments under races', () => {
  it('are captured once when checkout, webhook, poller and browser return settle 100 of them at once', async () => {
    expectCapturedOnce(await settleRace(PaymentsModule));
  });

  it('are charged once when the shopper tries again after a timeout', async () => {
    expect(await chargesAfterTimeout(PaymentsModule)).toBe(1);
  });

  it('pass no limit of tries, 200 of them at once', async () => {
    expectLimitHeld(await velocityRace(FraudModule));
  });

  it('pass no limit of a card that the gateway tells of only, 200 of them at once', async () => {
    expectLimitHeld(await cardRace(FraudModule));
  });

  it('have Stripe ask the bank, and read what it says of the card', async () => {
    const double = new StripeDouble();
    try {
      const gateway = new StripeGateway(await double.listen(), 5_000);
      const secrets = { webhook: [], credentials: { secretKey: 'sk_test_double' } };
      const account = { id: newId(), tenantId: newId(), provider: 'stripe', secrets };
      const create = (challenge: boolean) =>
        gateway.create(account, {
          attemptId: newId(),
          amount: { amount: 1_000, currency: 'EUR' },
          method: { type: 'card', token: 'pm_card_visa' },
          capture: 'automatic',
          challenge,
          returnUrl: 'https://shop.example/back',
          metadata: {},
        });
      expect(await create(true)).toMatchObject({ status: 'requires_action' });
      expect(await create(false)).toMatchObject({
        status: 'charged',
        card: { fingerprint: 'Xt5EWLLDS7FJjR1c', country: 'US', funding: 'credit', avs: 'fail', cvc: 'pass' },
      });
      expect(double.refused).toEqual([]);
    } finally {
      await double.close();
    }
  });
});
