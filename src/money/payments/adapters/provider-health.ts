import { Inject, Injectable, Optional } from '@nestjs/common';
import { Config } from '../../../kernel/config/config';
import { HealthRegistry } from '../../../kernel/health/health.registry';
import { ProviderRecord } from '../../../kernel/health/provider-record';

/** One line of health for each payment provider that is asked at all, by what became of the last call to it. */
@Injectable()
export class ProviderHealth {
  private readonly records = new Map<string, ProviderRecord>();

  constructor(
    { stripeApiBase, paypalApiBase, applePayApiBase }: Config,
    @Optional() @Inject(HealthRegistry) health?: HealthRegistry,
  ) {
    const providers = [
      ['stripe', 'Stripe', stripeApiBase],
      ['paypal', 'PayPal', paypalApiBase],
      ['apple_pay', 'Apple Pay', applePayApiBase],
    ] as const;
    for (const [provider, title, address] of providers) {
      if (address === null) continue;
      const record = new ProviderRecord(`payments-${provider.replace('_', '-')}`, title);
      this.records.set(provider, record);
      health?.add(record);
    }
  }

  /** Says what became of a call. Accounts with an address of their own say nothing about the provider. */
  note({ provider, apiBase = null }: { provider: string; apiBase?: string | null }, didAnswer: boolean): void {
    const record = apiBase === null ? this.records.get(provider) : undefined;
    if (didAnswer) record?.answered();
    else record?.failed();
  }
}
