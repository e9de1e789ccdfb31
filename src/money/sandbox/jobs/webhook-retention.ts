import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RetentionRules } from '../../../kernel/retention/retention';

const DAYS = 30;

/** The sandbox's own outbox, once a webhook has arrived or nobody waits for it any longer. */
@Injectable()
export class WebhookRetention implements OnModuleInit {
  constructor(private readonly rules: RetentionRules) {}

  onModuleInit(): void {
    this.rules.keep({ name: 'sandbox.webhooks', days: DAYS, routine: 'sandbox.purge_webhooks' });
  }
}
