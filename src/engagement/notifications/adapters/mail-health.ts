import { Inject, Injectable, Optional, type OnModuleInit } from '@nestjs/common';
import { Config } from '../../../kernel/config/config';
import { HealthRegistry, type HealthFinding } from '../../../kernel/health/health.registry';
import { Mailer } from './mailer';

/** One line of health about mail: where it goes, and whether its server can be reached. Never stops the product. */
@Injectable()
export class MailHealth implements OnModuleInit {
  constructor(
    private readonly mailer: Mailer,
    private readonly config: Config,
    @Optional() @Inject(HealthRegistry) private readonly health?: HealthRegistry,
  ) {}

  onModuleInit(): void {
    this.health?.add({ name: 'mail', critical: false, check: () => this.check() });
  }

  async check(): Promise<HealthFinding> {
    if (this.mailer.isConfigured) {
      await this.mailer.verify();
      return { message: 'The mail server answers.' };
    }
    return this.config.isProduction
      ? { status: 'degraded', message: 'No mail server is configured (SMTP_URL): mail waits and is not sent.' }
      : { message: 'Development mailbox at /dev/mailbox.' };
  }
}
