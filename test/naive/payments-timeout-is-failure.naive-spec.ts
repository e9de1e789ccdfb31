import { Injectable } from '@nestjs/common';
import { GatewayDesk } from '../../src/money/payments/adapters/gateway-desk';
import type { GatewayOutcome } from '../../src/money/payments/contracts/gateway-outcome';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { chargesAfterTimeout } from '../scenarios/payment-races';
import { replaced } from './replaced';

/** Takes silence for a failure. */
@Injectable()
class SilenceIsFailure extends GatewayDesk {
  override async outcome(...call: Parameters<GatewayDesk['outcome']>): Promise<GatewayOutcome> {
    const outcome = await super.outcome(...call);
    return outcome.status === 'unresolved'
      ? { status: 'failed', providerPaymentId: null, code: 'timeout', message: outcome.reason }
      : outcome;
  }
}

describe('naive: a timeout is a failed payment', () => {
  it('must not charge twice', async () => {
    expect(await chargesAfterTimeout(replaced(PaymentsModule, GatewayDesk, SilenceIsFailure))).toBe(1);
  });
});
