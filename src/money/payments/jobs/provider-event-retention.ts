import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Config } from '../../../kernel/config/config';
import { RetentionRules } from '../../../kernel/retention/retention';

/** Webhooks of providers, which repeat them for days, not for months. What they brought about is in the payments. */
@Injectable()
export class ProviderEventRetention implements OnModuleInit {
  constructor(
    private readonly rules: RetentionRules,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    const days = this.config.keepProviderEventsDays;
    this.rules.keep({ name: 'payments.provider-events', days, routine: 'payments.purge_provider_events' });
  }
}
